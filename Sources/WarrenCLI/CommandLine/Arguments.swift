import WarrenRuntime

/// A command line taken apart: `--name value`, `--name=value`, `--flag`; after `--` everything is an operand.
package struct Arguments: Sendable {
    package private(set) var operands: [String] = []
    private var given: [String: [String]] = [:]
    private var flags: Set<String> = []

    package init(_ arguments: some Sequence<String>, options: [CommandOption]) throws(CommandFailure) {
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                return
            }
            guard argument.hasPrefix("-"), argument != "-" else {
                operands.append(argument)
                continue
            }
            let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let name = parts[0]
            guard let option = options.first(where: { $0.name == name }) else {
                throw .usage("unknown option '\(name)'\(Self.hint(for: name, among: options))")
            }
            try take(option, attached: parts.count == 2 ? parts[1] : nil, from: &rest)
        }
    }

    /// The value of an option.
    package func value(_ name: String) -> String? { given[name]?.first }

    /// All values of an option that may be given several times.
    package func values(_ name: String) -> [String] { given[name] ?? [] }

    /// Whether a flag was given.
    package func has(_ name: String) -> Bool { flags.contains(name) }

    private mutating func take(
        _ option: CommandOption,
        attached: String?,
        from rest: inout ArraySlice<String>
    ) throws(CommandFailure) {
        guard option.isRepeatable || given[option.name] == nil, !flags.contains(option.name) else {
            throw .usage("\(option.name) is given twice")
        }
        guard let placeholder = option.value else {
            guard attached == nil else { throw .usage("\(option.name) takes no value") }
            flags.insert(option.name)
            return
        }
        if let attached {
            given[option.name, default: []].append(attached)
            return
        }
        // What looks like the next option is more likely a forgotten value than a value.
        guard let next = rest.first, !next.hasPrefix("--") else {
            throw .usage("\(option.name) needs a value: \(option.name) \(placeholder)")
        }
        rest.removeFirst()
        given[option.name, default: []].append(next)
    }

    private static func hint(for name: String, among options: [CommandOption]) -> String {
        Spelling.nearest(to: name, among: options.map(\.name)).map { ", did you mean '\($0)'?" } ?? ""
    }
}
