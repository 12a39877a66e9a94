/// One of the words after `warren`, or two of them: what it takes, what it says about itself, and what it does.
package struct Command: Sendable {
    /// One word, or two for a command of a group: `config check`.
    package let name: String
    package let summary: String
    /// The forms it can be called in, each without `warren`.
    package let forms: [String]
    package let options: [CommandOption]
    /// What the help says beyond the options.
    package let notes: String
    package let run: @Sendable (Arguments, Console) async throws(CommandFailure) -> ExitStatus

    var words: [String] { name.split(separator: " ").map(String.init) }

    /// What `warren <name> --help` prints.
    package var help: String {
        let rows = (options + [.help]).map { option in
            (option.name + (option.value.map { " \($0)" } ?? ""), option.help)
        }
        let width = (rows.map(\.0.count).max() ?? 0) + 2
        let table = rows.map { name, help in
            let lines = help.split(separator: "\n").joined(separator: "\n" + String(repeating: " ", count: width + 2))
            return "  " + name + String(repeating: " ", count: width - name.count) + lines
        }
        let usage = forms.map { "warren \($0)" }.joined(separator: "\n       ")
        let sections = [summary, "usage: " + usage, "options:\n" + table.joined(separator: "\n"), notes]
        return sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }
}

extension CommandOption {
    static let help = CommandOption("--help", nil, "shows this")
    static let url = CommandOption(
        "--url",
        "URL",
        "the broker; default: WARREN_URL, else \(BrokerAddress.defaultURL)"
    )
    static let exchange = CommandOption(
        "--exchange",
        "NAME",
        "the exchange; default: \(BrokerAddress.defaultExchange)"
    )
}
