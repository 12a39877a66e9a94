/// One option of a command.
package struct CommandOption: Sendable {
    /// The name with its two hyphens.
    package let name: String
    /// What stands for the value in the help; an option without one is a flag.
    package let value: String?
    package let help: String
    /// Whether it may be given several times.
    package let isRepeatable: Bool

    package init(_ name: String, _ value: String? = nil, isRepeatable: Bool = false, _ help: String) {
        self.name = name
        self.value = value
        self.help = help
        self.isRepeatable = isRepeatable
    }
}
