import FoundationEssentials
import Warren
import WarrenBridge
import WarrenRabbitMQ
import WarrenRuntime
import WarrenStorage

/// The commands about dead letters.
enum DeadCommand {
    /// How many reasons are worth reading.
    private static let maximumReasons = 20

    static func list(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        let wanted = try DeadLetterArguments(arguments)
        let limit = wanted.limit ?? 100
        let heads = try await run(arguments, wanted, console) { letters throws(EventBusError) in
            try await letters.list(wanted.filter, limit: limit)
        }
        try await console.print(heads.flatMap(DeadLetterLine.line))
        let all = count(heads.count)
        console.say(heads.count < limit ? all : "the oldest \(all); a greater --limit shows more, if there are any")
        try check(heads.map(\.eventID), against: wanted)
        return .done
    }

    static func show(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        let wanted = try DeadLetterArguments(arguments)
        guard !wanted.ids.isEmpty else { throw .usage("say which: --id ID") }
        let shown = try await run(arguments, wanted, console) { letters throws(EventBusError) in
            guard let letters = letters as? RabbitMQDeadLetters else {
                return try await letters.show(wanted.filter, limit: .max).map { ($0.head, DeadLetterLine.line($0)) }
            }
            return try await letters.messages(wanted.filter, limit: .max).map { ($0.head, DeadLetterLine.line($0)) }
        }
        for (_, line) in shown { try await console.print(line) }
        try check(shown.map(\.0.eventID), against: wanted)
        return .done
    }

    static func requeue(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        let wanted = try DeadLetterArguments(changing: arguments)
        let report = try await run(arguments, wanted, console) { letters throws(EventBusError) in
            try await letters.requeue(wanted.filter, limit: wanted.limit ?? .max)
        }
        return try await tell(report, "requeued", wanted, console)
    }

    static func discard(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        let wanted = try DeadLetterArguments(changing: arguments)
        let report = try await run(arguments, wanted, console) { letters throws(EventBusError) in
            try await letters.discard(wanted.filter, limit: wanted.limit ?? .max)
        }
        return try await tell(report, "discarded", wanted, console)
    }

    static func purge(_ arguments: Arguments, _ console: Console) async throws(CommandFailure) -> ExitStatus {
        let wanted = try DeadLetterArguments(arguments)
        guard arguments.has("--yes") else {
            throw .usage("takes every dead letter of '\(wanted.place)' away for good: say --yes if that is meant")
        }
        let purged = try await run(arguments, wanted, console) { letters throws(EventBusError) in
            try await letters.purge()
        }
        console.say("purged \(count(purged))")
        return .done
    }

    // MARK: - At work

    /// Does something with the dead letters, until it is done or a signal comes.
    private static func run<Value: Sendable>(
        _ arguments: Arguments,
        _ wanted: DeadLetterArguments,
        _ console: Console,
        _ body: @escaping @Sendable (any DeadLetterStore) async throws(EventBusError) -> Value
    ) async throws(CommandFailure) -> Value {
        let address = try BrokerAddress(arguments)
        return try await TerminationSignals.cancelling { () throws(CommandFailure) in
            switch wanted.place {
            case .queue(let queue):
                try await Broker.use(address, console) { broker in
                    try await body(RabbitMQDeadLetters(client: broker.client, queue: queue))
                }
            case .spool(let path):
                try await use(spool: path, body)
            }
        }
    }

    /// Opens the spool for as long as `body` runs; a file that has none is left as it is.
    private static func use<Value>(
        spool path: String,
        _ body: @Sendable (any DeadLetterStore) async throws(EventBusError) -> Value
    ) async throws(CommandFailure) -> Value {
        guard FileManager.default.fileExists(atPath: path) else { throw CommandFailure(.failed, "no spool '\(path)'") }
        let spool: SQLiteSpoolStore
        do throws(StorageError) {
            spool = try await SQLiteSpoolStore(existing: path, configuration: .init(busyTimeout: .seconds(1)))
        } catch {
            let message =
                switch error.code {
                case .inUse: "'\(path)': the bridge or service that it belongs to has it open: stop that first"
                case .cannotOpen: error.message + (likelySpool(for: path).map { "; did you mean '\($0)'?" } ?? "")
                default: error.message
                }
            throw CommandFailure(.failed, message)
        }
        let result: Result<Value, EventBusError>
        do throws(EventBusError) {
            result = .success(try await body(spool.parkedLetters))
        } catch {
            result = .failure(error)
        }
        await spool.close()
        do {
            return try result.get()
        } catch {
            throw CommandFailure(.failed, error.message)
        }
    }

    /// The spool that a bridge has beside its store, if somebody has named the store.
    private static func likelySpool(for path: String) -> String? {
        let spool = BridgeConfiguration.Store.spoolPath(beside: path)
        return FileManager.default.fileExists(atPath: spool) ? spool : nil
    }

    // MARK: - Talk

    private static func tell(
        _ report: DeadLetterReport,
        _ past: String,
        _ wanted: DeadLetterArguments,
        _ console: Console
    ) async throws(CommandFailure) -> ExitStatus {
        try await console.print(report.ids.map { $0.onOneLine + "\n" }.joined())
        for kept in report.kept.prefix(maximumReasons) { console.say("'\(kept.id)' stays: \(kept.reason)") }
        let more = report.kept.count - maximumReasons
        if more > 0 { console.say("and \(more) more stay") }
        console.say("\(past) \(count(report.ids.count))")
        try check(report.ids + report.kept.map(\.id), against: wanted)
        return report.kept.isEmpty ? .done : .failed
    }

    private static func count(_ count: Int) -> String {
        "\(count) dead \(count == 1 ? "letter" : "letters")"
    }

    /// Refuses to call it done when some of the ids that were named are not among those found.
    private static func check(_ ids: [String], against wanted: DeadLetterArguments) throws(CommandFailure) {
        let missing = wanted.ids.filter { !ids.contains($0) }
        guard !missing.isEmpty else { return }
        let names = missing.map { "'\($0)'" }.joined(separator: ", ")
        let id = missing.count == 1 ? "id" : "ids"
        throw CommandFailure(.failed, "none of '\(wanted.place)' has the \(id) \(names)")
    }
}
