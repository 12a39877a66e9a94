import Glibc
import WarrenBridge
import WarrenRuntime

extension Command {
    package static let bridge = Command(
        name: "bridge",
        summary: "runs the daemon: events come in by sources, cross the bus, leave by sinks",
        forms: ["bridge [--config FILE] [options]"],
        options: [
            .config,
            CommandOption("--report", "FILE", "writes what was counted, as one JSON object, when the bridge ends"),
            .configuredURL, .configuredExchange,
        ],
        notes: """
            The source 'stdin' takes NDJSON, one event a line, as 'warren publish --ndjson' does. A line that was read is
            held, and sent again where need be, until the broker has it; while there is no way to the broker no more is
            read. A line that the broker will never take, for its size or for want of a permission, is named. At the end of
            the input the bridge waits until its own queues are empty and ends, unless the configuration says
            'at_end: continue'. Sinks take an event for good when it is written and flushed.

            SIGTERM and SIGINT: nothing new is begun, what is under way may take ten seconds to get safe; a second signal
            ends at once. SIGHUP: the files of sinks are opened again by their paths, as after a rotation of logs.

            exit status: 0 when all that was read is safe, dead letters or not; 1 when not, a sink gave way, another process
            has its store, or the report cannot be written; 69 when the broker refuses us; 78 for the configuration
            """,
        run: BridgeCommand.run
    )
}

extension CommandOption {
    static let config = CommandOption("--config", "FILE", "the configuration; default: warren.yaml")
    static let configuredURL = CommandOption("--url", "URL", "the broker, instead of the configuration's")
    static let configuredExchange = CommandOption("--exchange", "NAME", "the exchange, instead of the configuration's")
}

enum BridgeCommand {
    static func run(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        guard arguments.operands.isEmpty else {
            throw .usage("takes no operands, but '\(arguments.operands[0])' is one")
        }
        let configuration = try BridgeConfiguration.given(by: arguments, console)
        guard configuration.notYetAvailable.isEmpty else {
            for problem in configuration.notYetAvailable { console.say("\(problem)") }
            return .configuration
        }
        let report = try arguments.value("--report").map { path throws(CommandFailure) in try ReportFile(path) }
        do {
            let bridge = try await Bridge(configuration, surroundings(console))
            console.say("'\(configuration.service)' begins")
            let failure = await outcome(of: bridge, console)
            console.say("'\(configuration.service)' ends: \(bridge.report.summary)")
            let unreported = unreported(bridge.report, report)
            if let bad = badLines(bridge.report) { console.say(bad) }
            // Why the bridge ended is what matters; that it could not be counted comes after that.
            if let failure {
                if let unreported { console.say(unreported.message) }
                throw failure
            }
            if let unreported { throw unreported }
            return bridge.report.input.bad.count == 0 ? .done : .failed
        } catch let failure as BridgeFailure {
            throw CommandFailure(failure)
        } catch let failure as CommandFailure {
            throw failure
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    /// Writes the report, where one is wanted.
    ///
    /// - Returns: why it is not written.
    private static func unreported(_ report: BridgeReport, _ file: ReportFile?) -> CommandFailure? {
        do throws(CommandFailure) {
            try file?.write(report.json)
            return nil
        } catch {
            return error
        }
    }

    /// Runs until the bridge ends or a signal asks it to.
    private static func outcome(of bridge: Bridge, _ console: Console) async -> BridgeFailure? {
        await withTaskGroup(of: BridgeFailure??.self) { group in
            group.addTask {
                do throws(BridgeFailure) {
                    try await bridge.run()
                    return .some(nil)
                } catch {
                    return error
                }
            }
            group.addTask {
                guard let name = await TerminationSignals.firstName() else { return nil }
                let rest = "what is under way may take ten seconds to get safe, a second signal ends at once"
                console.say("stopped by \(name): \(rest)")
                return nil
            }
            group.addTask {
                guard let hangups = try? HangupSignals.install() else { return nil }
                for await _ in hangups.requests { await bridge.reopenFiles() }
                return nil
            }
            var failure: BridgeFailure?
            for await end in group {
                if let end { failure = end }
                group.cancelAll()
            }
            return failure
        }
    }

    private static func surroundings(_ console: Console) -> Bridge.Surroundings {
        Bridge.Surroundings(
            input: { () throws(SystemError) in try InputThread(descriptor: STDIN_FILENO) },
            output: console.output,
            say: { console.say($0) },
            progress: { console.progress($0) }
        )
    }

    private static func badLines(_ report: BridgeReport) -> String? {
        let bad = report.input.bad
        return bad.count == 0
            ? nil : "\(bad) \(bad.count == 1 ? "holds no event that" : "hold no events that") could be published"
    }
}

extension CommandFailure {
    init(_ failure: BridgeFailure) {
        let status: ExitStatus =
            switch failure.kind {
            case .configuration: .configuration
            case .unavailable: .unavailable
            case .failed: .failed
            }
        self.init(status, failure.message)
    }
}
