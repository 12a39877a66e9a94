import Synchronization
import WarrenRuntime

/// The messages delivered to a consumer, as they come; at most `prefetch` of them unsettled.
///
/// The sequence goes on over reconnects. It ends when its consumer ends or the iterating task is cancelled, and throws
/// when the subscription cannot be kept. Several tasks may iterate it; each delivery goes to one of them.
public struct AMQPDeliveries: AsyncSequence, Sendable {
    /// What iterating yields.
    public typealias Element = AMQPDelivery

    let connection: Connection
    let channel: SlotID
    private let iterators = IteratorCount()

    init(connection: Connection, channel: SlotID) {
        self.connection = connection
        self.channel = channel
    }

    /// Creates an iterator.
    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(DeliveryBatch(connection: connection, channel: channel, iterators: iterators))
    }

    /// Takes deliveries in batches, and hands them out one by one.
    public struct AsyncIterator: AsyncIteratorProtocol {
        private let batch: DeliveryBatch

        fileprivate init(_ batch: DeliveryBatch) {
            self.batch = batch
        }

        /// The next delivery; `nil` when the consumer has ended or the task is cancelled.
        ///
        /// - Throws: why the subscription cannot be kept.
        public mutating func next() async throws(AMQPError) -> AMQPDelivery? {
            while !Task.isCancelled {
                while let delivery = batch.deliveries.popLast() {
                    // From before a reconnect: it comes again.
                    if !delivery.settler.isStale(delivery) { return delivery }
                }
                guard try await batch.fill() else { return nil }
            }
            return nil
        }

        /// The next delivery; `nil` when the consumer has ended or the task is cancelled.
        ///
        /// - Throws: why the subscription cannot be kept.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(AMQPError) -> AMQPDelivery? {
            try await next()
        }
    }
}

/// What one iterator has taken and not handed out yet; it goes back when the iterator goes.
private final class DeliveryBatch {
    private let connection: Connection
    private let channel: SlotID
    private let iterators: IteratorCount
    /// Last one first.
    var deliveries: [AMQPDelivery] = []

    init(connection: Connection, channel: SlotID, iterators: IteratorCount) {
        self.connection = connection
        self.channel = channel
        self.iterators = iterators
        iterators.add()
    }

    deinit {
        iterators.remove()
        guard !deliveries.isEmpty else { return }
        deliveries.reverse()
        connection.perform { core, effects in
            core.channels[channel]?.value.subscription?.giveBack(deliveries, into: &effects)
        }
    }

    /// - Returns: whether there is something now; not when the consumer has ended or the task is cancelled.
    func fill() async throws(AMQPError) -> Bool {
        let arrived = OneShot<Void>()
        let all = iterators.isOne
        let end = connection.perform { core, _ in
            core.takeDeliveries(channel, all: all, into: &deliveries, orWake: arrived)
        }
        if let end {
            if end.code == .closed { return false }
            throw end
        }
        guard deliveries.isEmpty else {
            deliveries.reverse()
            return true
        }
        await arrived.value(abandoningWith: ())
        return !Task.isCancelled
    }
}

/// How many iterators share a sequence: a lone one takes all that is there, several take one delivery at a time.
private final class IteratorCount: Sendable {
    private let count = Atomic(0)

    func add() {
        count.wrappingAdd(1, ordering: .relaxed)
    }

    func remove() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }

    var isOne: Bool { count.load(ordering: .relaxed) <= 1 }
}
