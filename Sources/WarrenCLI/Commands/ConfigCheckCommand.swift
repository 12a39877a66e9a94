import FoundationEssentials
import WarrenBridge

extension Command {
    package static let configCheck = Command(
        name: "config check",
        summary: "says what is wrong with a configuration file",
        forms: ["config check FILE"],
        options: [],
        notes: """
            Every error goes to stderr as FILE:LINE:COLUMN: PATH: what is wrong, warnings too. ${NAME} in the file is read
            from the environment and files that it names for secrets are read; nothing is connected to.

            exit status: 0 when 'warren bridge' starts with the file ('FILE: ok' on stdout), 78 when not
            """,
        run: ConfigCheckCommand.run
    )
}

enum ConfigCheckCommand {
    static func run(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        guard let path = arguments.operands.first, arguments.operands.count == 1 else {
            throw .usage("give one FILE")
        }
        do throws(ConfigurationError) {
            let environment = ProcessInfo.processInfo.environment
            let configuration = try BridgeConfiguration.load(path: path, environment: environment)
            for problem in configuration.warnings { console.say(problem.warning) }
            guard configuration.notYetAvailable.isEmpty else { throw ConfigurationError(configuration.notYetAvailable) }
        } catch {
            for problem in error.problems { console.say(problem.description) }
            return .configuration
        }
        try await console.print("\(path): ok\n")
        return .done
    }
}
