public import AMQP
public import Warren

/// The dead letters of a queue on RabbitMQ: those in `<queue>.dead`.
///
/// Looking holds the messages as a consumer does and gives them back in their places; the broker counts each look as one
/// delivery more of a limit of 1,000,000. While one looks, others are refused with `inUse`.
///
/// Listing `limit` dead letters holds so many, and more only where more were looked at before: see them all once, and each
/// look has to take as many again, or the order would not stay. In memory are the heads of what fits, and a thousand
/// messages at most.
public struct RabbitMQDeadLetters: DeadLetterStore {
    /// The queue that they come from, and go back to.
    public let queue: String

    let client: AMQPClient

    /// Names the dead letters of a queue.
    ///
    /// - Parameters:
    ///   - client: the way to the broker; it has to run.
    ///   - queue: the queue's name, with or without the `.dead` of its dead letters.
    public init(client: AMQPClient, queue: String) {
        self.client = client
        let end = SubscriptionTopology.deadLetters(of: "")
        self.queue = queue.hasSuffix(end) ? String(queue.dropLast(end.count)) : queue
    }

    /// The queue that they are in.
    var dead: String { SubscriptionTopology.deadLetters(of: queue) }

    // MARK: - Looking

    /// What is known of dead letters without their data, the oldest first.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most.
    /// - Returns: their heads.
    /// - Throws: as `DeadLetterStore` says.
    public func list(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetterHead] {
        try await look(filter, limit: limit) { $0.head }
    }

    /// Whole dead letters, the oldest first.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most.
    /// - Returns: them.
    /// - Throws: as `DeadLetterStore` says.
    public func show(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetter] {
        try await look(filter, limit: limit) { DeadLetter(event: $0.event, head: $0.head) }
    }

    /// The messages that dead letters are, the oldest first.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most.
    /// - Returns: them, with all their headers.
    /// - Throws: as `DeadLetterStore` says.
    public func messages(
        _ filter: DeadLetterFilter,
        limit: Int
    ) async throws(EventBusError) -> [RabbitMQDeadLetter] {
        try await look(filter, limit: limit) { $0 }
    }

    private func look<Value>(
        _ filter: DeadLetterFilter,
        limit: Int,
        _ view: (RabbitMQDeadLetter) -> Value
    ) async throws(EventBusError) -> [Value] {
        guard limit > 0 else { return [] }
        var found: [Value] = []
        try await scan(filter, limit: limit) { look in
            while found.count < limit {
                let batch = try await look.next(upTo: reach(filter, limit - found.count))
                if batch.isEmpty { return }
                let letters = batch.lazy.map { RabbitMQDeadLetter($0, of: queue) }.filter { filter.matches($0.head) }
                for letter in letters.prefix(limit - found.count) { found.append(view(letter)) }
            }
        }
        return found
    }

    // MARK: - For good

    /// Takes all dead letters away for good, without a look at any.
    ///
    /// - Returns: how many they were.
    /// - Throws: as `DeadLetterStore` says.
    public func purge() async throws(EventBusError) -> Int {
        try await doing {
            try await QueueLock.use(client, dead) {
                try await client.withChannel(for: .consuming) { try await $0.purgeQueue(dead) }
            }
        }
    }

    // MARK: - The way to them

    /// How many messages are taken in one go: where all are meant, no more than are wanted.
    func reach(_ filter: DeadLetterFilter, _ wanted: Int) -> Int {
        filter == .all ? min(wanted, 256) : 256
    }

    /// Looks into the queue of dead letters.
    func scan(
        _ filter: DeadLetterFilter,
        limit: Int,
        _ body: (QueueLook) async throws -> Void
    ) async throws(EventBusError) {
        try await doing {
            try await QueueLook.use(client, dead, expecting: filter == .all ? limit : .max, body)
        }
    }

    /// Does something with the queue of dead letters, and says what went wrong in terms of the bus.
    func doing<Value>(_ body: () async throws -> Value) async throws(EventBusError) -> Value {
        do {
            return try await body()
        } catch let error as EventBusError {
            throw error
        } catch let error as AMQPError where error.code == .notFound {
            throw EventBusError(.notFound, await whatIsMissing)
        } catch let error as AMQPError {
            throw EventBusError(error)
        } catch {
            throw EventBusError(.unavailable, "\(error)")
        }
    }

    private var whatIsMissing: String {
        get async {
            let status = try? await client.withChannel(for: .consuming) { try await $0.queueStatus(queue) }
            return status == nil
                ? "there is no queue '\(queue)'" : "queue '\(queue)' has no dead letters: there is no queue '\(dead)'"
        }
    }
}
