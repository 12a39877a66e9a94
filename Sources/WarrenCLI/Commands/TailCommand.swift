import WarrenRuntime

extension Command {
    package static let tail = Command(
        name: "tail",
        summary: "prints events as they come, one JSON line each",
        forms: ["tail PATTERN… [options]", "tail --queue QUEUE [--ack] [options]"],
        options: [
            CommandOption("--count", "N", "ends after so many events"),
            CommandOption("--timeout", "TIME", "gives up after so long: 500ms, 10s, 2m"),
            CommandOption("--queue", "QUEUE", "prints what a queue holds, and leaves it there"),
            CommandOption("--ack", nil, "takes it out of the queue"),
            .url, .exchange,
        ],
        notes: """
            PATTERN is a topic pattern: words joined by dots, '*' for one word, '#' for any number; quote it. The events
            come through a private queue that goes when this ends; 'listening …' on stderr says from when on none is
            missed. The exchange is declared if there is none of its name (durable, topic).

            --queue without --ack takes the messages one by one without acking and gives them back in their places at
            the end; they are then marked as redelivered. It refuses a queue that has consumers. With --ack each message
            is acked when its line is written.

            Each line is an envelope; a message that is none is wrapped in one, its type from the 'type' property or
            else the routing key, its body as "data" or, where that is not JSON, as "data_base64". What an envelope does
            not say stands in a member "amqp", where there is anything: "exchange" (other than the one asked for),
            "routing_key" (other than the event type), "redelivered", "properties" (other than the envelope's own),
            "headers", and "invalid" with the reason why an envelope was taken for data.

            exit status: 0; 1 when --count was not reached; 69 when there was no way to the broker
            """,
        run: TailCommand.run
    )
}

enum TailCommand {
    private enum Step: Sendable {
        case ended(Result<TailEnd, CommandFailure>)
        case interrupted(TailEnd?)
    }

    static func run(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        let source = try TailSource(arguments)
        let wanted = try arguments.count("--count")
        let timeout = try arguments.duration("--timeout")
        let address = try BrokerAddress(arguments)
        let asked = if case .exchange = source { address.exchange } else { "" }
        let printer = TailPrinter(console: console, exchange: asked, wanted: wanted)
        let end = try await race(timeout: timeout, console) { listening throws(CommandFailure) in
            try await Broker.use(address, console) { broker in
                try await broker.tail(source, printer) { place in
                    console.say("listening \(place)")
                    listening()
                }
            }
        }
        guard end != .unread else { return .done }
        var unwritten: CommandFailure?
        do {
            try await console.print("")
        } catch {
            unwritten = error
        }
        console.say(summary(end, printed: printer.printed, wanted: wanted, timeout: arguments.value("--timeout")))
        if let unwritten { throw unwritten }
        return wanted.map { printer.printed < $0 } ?? false ? .failed : .done
    }

    /// Runs `tail` until it ends by itself, a signal comes, or the time since it began to listen is up.
    private static func race(
        timeout: Duration?,
        _ console: Console,
        _ tail:
            @escaping @Sendable (_ listening: @escaping @Sendable () -> Void) async throws(CommandFailure) -> TailEnd
    ) async throws(CommandFailure) -> TailEnd {
        let (listening, began) = AsyncStream.makeStream(of: Void.self)
        let result = await withTaskGroup(of: Step.self) { group -> Result<TailEnd, CommandFailure> in
            group.addTask {
                do throws(CommandFailure) {
                    return .ended(.success(try await tail { began.yield() }))
                } catch {
                    return .ended(.failure(error))
                }
            }
            group.addTask { .interrupted(await TerminationSignals.firstName().map { .stopped(signal: $0) }) }
            group.addTask {
                switch await console.output.failure() {
                case .closed: .interrupted(.unread)
                case .cancelled: .interrupted(nil)
                case .failed(let error): .ended(.failure(CommandFailure(.failed(error))))
                }
            }
            if let timeout {
                group.addTask {
                    for await _ in listening { break }
                    let isUp = (try? await Task.sleep(for: timeout)) != nil
                    return .interrupted(isUp ? .timedOut : nil)
                }
            }
            for await step in group {
                group.cancelAll()
                switch step {
                case .ended(let result): return result
                case .interrupted(let end?): return .success(end)
                case .interrupted(nil): continue
                }
            }
            return .success(.timedOut)
        }
        return try result.get()
    }

    private static func summary(_ end: TailEnd, printed: Int, wanted: Int?, timeout: String?) -> String {
        let missing = wanted.flatMap { printed < $0 ? "\(printed) of \($0) events" : nil }
        let events = missing ?? "\(printed) \(printed == 1 ? "event" : "events")"
        return switch end {
        case .timedOut: "gave up after \(timeout ?? "a while") with \(events)"
        case .stopped(let signal): "stopped by \(signal) with \(events)"
        case .counted, .unread: events
        }
    }
}
