import Glibc
import Warren
import WarrenRuntime

extension Command {
    package static let publish = Command(
        name: "publish",
        summary: "publishes events, each confirmed by the broker, and prints their ids",
        forms: ["publish TYPE --data JSON [options]", "publish --ndjson FILE|- [options]"],
        options: [
            CommandOption("--data", "JSON", "what the event is about"),
            CommandOption("--ndjson", "FILE", "publishes each line of a file, or of stdin for '-'"),
            CommandOption("--source", "NAME", "who says so, where a line does not say; default: warren"),
            .url, .exchange,
        ],
        notes: """
            Each line is a JSON object with at least "event_type"; "event_id", "timestamp", "source", "correlation_id"
            and "data" are filled in where they are missing, and a member "amqp", as 'warren tail' prints it, is left
            out. A bad line is named on stderr and the others are published. The exchange is declared if there is none
            of its name (durable, topic); the routing key is the event type.

            The ids of acked events go to stdout in the order of the input, one a line. An event that no queue takes is
            acked too; how many those were is in the last line on stderr. SIGINT and SIGTERM end the reading; what is
            on its way is waited for.

            exit status: 0 when all of the input was published and acked, else 1; 69 when there was no way to the broker
            """,
        run: PublishCommand.run
    )
}

enum PublishCommand {
    static func run(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        let source = arguments.value("--source") ?? "warren"
        let work = try work(arguments, source: source)
        let (address, clock, ready) = (try BrokerAddress(arguments), SystemClock(), StopSignal())
        let report = try await TerminationSignals.cancelling(until: ready) { () throws(CommandFailure) in
            try await Broker.use(address, console) { broker in
                try await broker.prepareExchange()
                ready.stop()
                let start = clock.now
                var pipeline = PublishPipeline(source: source, console: console) { envelope throws(CommandFailure) in
                    try await broker.send(envelope)
                }
                let report = await pipeline.run(work, stop: TerminationSignals.firstName)
                explain(report, work, after: start.duration(until: clock.now), console)
                return report
            }
        }
        return report.status
    }

    private static func work(_ arguments: Arguments, source: String) throws(CommandFailure) -> PublishPipeline.Work {
        guard let path = arguments.value("--ndjson") else {
            guard arguments.operands.count == 1, let data = arguments.value("--data") else {
                throw .usage("give one TYPE and --data JSON, or --ndjson FILE")
            }
            return .event(try event(arguments.operands[0], data: data, source: source))
        }
        guard arguments.operands.isEmpty, arguments.value("--data") == nil else {
            throw .usage("--ndjson has the types and the data in its lines: give neither TYPE nor --data")
        }
        let descriptor = path == "-" ? STDIN_FILENO : unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "cannot read '\(path)': \(SystemError.reason(errno))")
        }
        do {
            return .lines(try InputThread(descriptor: descriptor))
        } catch {
            throw CommandFailure(.failed, "\(error)")
        }
    }

    private static func event(
        _ type: String,
        data: String,
        source: String
    ) throws(CommandFailure) -> EventEnvelope {
        do throws(EventError) {
            let payload = try EventPayload(json: Array(data.utf8))
            let envelope = EventEnvelope(type: try EventType(type), source: source, payload: payload)
            _ = try envelope.publishingProperties()
            return envelope
        } catch {
            throw .usage(error.message)
        }
    }

    private static func explain(
        _ report: PublishReport,
        _ work: PublishPipeline.Work,
        after elapsed: Duration,
        _ console: Console
    ) {
        guard !report.isQuiet else { return }
        let hasLines = if case .lines = work { true } else { false }
        if let reason = report.lossReason {
            let what = hasLines ? "\(report.lost)" : "the event"
            console.say("warren publish: \(what) \(report.lost.count == 1 ? "was" : "were") not acked: \(reason)")
        }
        if let stopped = report.stopped {
            let place = hasLines ? report.stoppedLine.map { "stopped at line \($0): " } ?? "" : ""
            console.say("warren publish: \(place)\(stopped.message)")
        }
        console.say(report.summary(after: elapsed))
    }
}
