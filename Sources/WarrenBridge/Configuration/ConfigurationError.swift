/// Why a configuration cannot be used: everything that is wrong with it, in the order of the file.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    /// At least one.
    package let problems: [ConfigurationProblem]

    package init(_ problems: [ConfigurationProblem]) {
        self.problems = problems
    }

    /// One problem a line.
    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
