extension AMQPDeliveries {
    /// The same deliveries, several at a time: for consumers whose work is cheaper in one go, such as a transaction or
    /// a write to a disk.
    ///
    /// Each batch is what is there, in order: at least one delivery, at most `limit`. None waits to be filled up, so a
    /// slow queue gives batches of one, and batches grow with the time that the work on the one before takes.
    ///
    /// - Parameter limit: the most deliveries in a batch, at least 1. More than the consumer's prefetch never come.
    /// - Returns: a sequence that goes on, ends and throws as the one of single deliveries does. Several tasks may
    ///   iterate both; each delivery goes to one of them.
    public func batches(upTo limit: Int) -> Batches {
        Batches(deliveries: self, limit: Swift.max(1, limit))
    }

    /// The messages delivered to a consumer, in batches.
    public struct Batches: AsyncSequence, Sendable {
        /// What iterating yields: at least one delivery.
        public typealias Element = [AMQPDelivery]

        fileprivate let deliveries: AMQPDeliveries
        fileprivate let limit: Int

        /// Creates an iterator.
        public func makeAsyncIterator() -> AsyncIterator {
            AsyncIterator(deliveries.makeBatch(share: limit), limit)
        }

        /// Takes what is there.
        public struct AsyncIterator: AsyncIteratorProtocol {
            private let batch: DeliveryBatch
            private let limit: Int

            fileprivate init(_ batch: DeliveryBatch, _ limit: Int) {
                self.batch = batch
                self.limit = limit
            }

            /// The next deliveries; `nil` when the consumer has ended or the task is cancelled.
            ///
            /// - Throws: why the subscription cannot be kept.
            public mutating func next() async throws(AMQPError) -> [AMQPDelivery]? {
                while !Task.isCancelled {
                    let deliveries = batch.next(upTo: limit)
                    if !deliveries.isEmpty { return deliveries }
                    guard try await batch.fill() else { return nil }
                }
                return nil
            }

            /// The next deliveries; `nil` when the consumer has ended or the task is cancelled.
            ///
            /// - Throws: why the subscription cannot be kept.
            public mutating func next(
                isolation actor: isolated (any Actor)?
            ) async throws(AMQPError) -> [AMQPDelivery]? {
                try await next()
            }
        }
    }
}
