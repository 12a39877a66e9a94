/// The whole program, but for the process round it.
package enum Program {
    package static let version = "0.1.0"
    package static let commands: [Command] = [.publish, .tail, .doctor]

    /// Runs the command line (without the program's name) and says how it went; whatever fails is explained on stderr.
    package static func run(_ arguments: [String], console: Console) async -> ExitStatus {
        var name = "warren"
        do throws(CommandFailure) {
            let first = arguments.first ?? ""
            if first == "--help" || first == "-h" || first == "help" {
                try await console.print(overview)
                return .done
            }
            if first == "--version" {
                try await console.print("warren \(version)\n")
                return .done
            }
            guard let command = commands.first(where: { $0.name == first }) else {
                throw .usage(first.isEmpty ? "no command given" : "unknown command '\(first)'")
            }
            name += " \(command.name)"
            return try await run(command, arguments.dropFirst(), console)
        } catch {
            console.say("\(name): \(error.message)")
            if error.status == .usage { console.say("try '\(name) --help'") }
            return error.status
        }
    }

    private static func run(
        _ command: Command,
        _ arguments: ArraySlice<String>,
        _ console: Console
    ) async throws(CommandFailure) -> ExitStatus {
        let wantsHelp = arguments.prefix { $0 != "--" }.contains { $0 == "--help" || $0 == "-h" }
        guard !wantsHelp else {
            try await console.print(command.help)
            return .done
        }
        return try await command.run(try Arguments(arguments, options: command.options), console)
    }

    private static var overview: String {
        let width = (commands.map(\.name.count).max() ?? 0) + 2
        let rows = commands.map { command in
            "  " + command.name + String(repeating: " ", count: width - command.name.count) + command.summary
        }
        return """
            Events over RabbitMQ, from the command line.

            usage: warren <command> …

            commands:
            \(rows.joined(separator: "\n"))

            'warren <command> --help' says what each takes; 'warren --version' says which warren this is.
            exit status: 0 done, 1 failed, 64 usage, 69 broker unavailable, 78 configuration

            """
    }
}
