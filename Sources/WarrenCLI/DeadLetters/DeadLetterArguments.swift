package import Warren
import WarrenRuntime

/// What a command about dead letters is told.
package struct DeadLetterArguments: Sendable {
    /// Where dead letters wait.
    package enum Place: Sendable, Hashable, CustomStringConvertible {
        /// Beside a queue, as it was given.
        case queue(String)
        /// In the file of a spool, put aside.
        case spool(path: String)

        package var description: String {
            switch self {
            case .queue(let queue): queue
            case .spool(let path): path
            }
        }
    }

    package let place: Place
    /// The ids that were named, in order.
    package let ids: [String]
    package let filter: DeadLetterFilter
    package let limit: Int?

    package init(_ arguments: Arguments) throws(CommandFailure) {
        place = try Self.place(arguments)
        ids = arguments.values("--id")
        limit = try arguments.count("--limit")
        var filter = DeadLetterFilter(ids: ids.isEmpty ? nil : Set(ids), error: arguments.value("--error"))
        if let pattern = arguments.value("--type") {
            do {
                filter.type = try TopicPattern(pattern)
            } catch {
                throw .usage("--type: \(error.message)")
            }
        }
        filter.failedBefore = try Self.moment("--older-than", arguments)
        filter.failedSince = try Self.moment("--newer-than", arguments)
        self.filter = filter
    }

    private static func place(_ arguments: Arguments) throws(CommandFailure) -> Place {
        if let path = arguments.value("--spool") {
            guard arguments.operands.isEmpty else { throw .usage("give either a QUEUE or --spool, not both") }
            return .spool(path: path)
        }
        guard arguments.operands.count == 1, let queue = arguments.operands.first, !queue.isEmpty else {
            throw .usage("give one QUEUE, with or without the '.dead' of its dead letters, or --spool FILE")
        }
        guard queue.utf8.count <= 250 else { throw .usage("the queue '\(queue.prefix(20))…' has too long a name") }
        return .queue(queue)
    }

    /// For what changes something: which are meant has to be said.
    package init(changing arguments: Arguments) throws(CommandFailure) {
        try self.init(arguments)
        guard arguments.has("--all") == ids.isEmpty else {
            throw .usage("say which: --id ID, or --all, which --type, --error, --older-than and --newer-than narrow")
        }
    }

    /// So long ago; whoever says 10,000 years means since ever.
    private static func moment(_ name: String, _ arguments: Arguments) throws(CommandFailure) -> EventTimestamp? {
        guard let age = try arguments.duration(name) else { return nil }
        return EventTimestamp(milliseconds: EventTimestamp.now().milliseconds - Int64(age / .milliseconds(1)))
    }
}
