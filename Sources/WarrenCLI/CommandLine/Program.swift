import WarrenRuntime

/// The whole program, but for the process round it.
package enum Program {
    package static let commands: [Command] = [
        .bridge, .publish, .tail, .deadList, .deadShow, .deadRequeue, .deadDiscard, .deadPurge, .doctor, .topologyPlan,
        .topologyApply, .configCheck,
    ]

    /// Runs the command line (without the program's name) and says how it went; whatever fails is explained on stderr.
    package static func run(_ arguments: [String], console: Console) async -> ExitStatus {
        var name = "warren"
        do throws(CommandFailure) {
            let first = arguments.first ?? ""
            if first == "--help" || first == "-h" || first == "help" {
                try await console.print(overview(of: commands))
                return .done
            }
            if first == "--version" {
                try await console.print("warren \(Release.version)\n")
                return .done
            }
            guard let command = commands.first(where: { arguments.starts(with: $0.words) }) else {
                let group = commands.filter { $0.words.count > 1 && $0.words.first == first }
                guard !group.isEmpty else {
                    throw .usage(first.isEmpty ? "no command given" : "unknown command '\(first)'")
                }
                name += " \(first)"
                return try await explain(group, arguments.dropFirst(), console)
            }
            name += " \(command.name)"
            return try await run(command, arguments.dropFirst(command.words.count), console)
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

    /// What there is to say where only the first word of a group of commands is known.
    private static func explain(
        _ group: [Command],
        _ arguments: ArraySlice<String>,
        _ console: Console
    ) async throws(CommandFailure) -> ExitStatus {
        let second = arguments.first ?? ""
        guard second == "--help" || second == "-h" else {
            throw .usage(second.isEmpty ? "a second word is missing" : "unknown command '\(second)'")
        }
        try await console.print(overview(of: group))
        return .done
    }

    private static func overview(of commands: [Command]) -> String {
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
