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
        AsyncIterator(makeBatch(share: 1))
    }

    func makeBatch(share: Int) -> DeliveryBatch {
        DeliveryBatch(connection: connection, channel: channel, iterators: iterators, share: share)
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
                if let delivery = batch.next() { return delivery }
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
