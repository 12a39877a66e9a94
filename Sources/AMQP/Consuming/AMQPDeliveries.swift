import WarrenRuntime

/// The messages delivered to a consumer, as they come; at most `prefetch` of them unsettled.
///
/// The sequence goes on over reconnects and over whatever else ends the subscription, which is taken up again and again. It
/// ends when its consumer ends or the iterating task is cancelled, and throws when the client has ended or the broker has
/// closed the connection over the subscription. Several tasks may iterate it; each delivery goes to one of them.
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

    /// The queue that is consumed; of a private one the name that the broker gave it, for example for the `reply-to` of
    /// a request.
    ///
    /// A private queue has another name after a reconnect, a resumption, or when the broker ended the subscription; it
    /// is `nil` in between.
    public var queueName: String? {
        connection.core.withLock { core in core.channels[channel]?.value.subscription?.queueName }
    }

    /// What the broker's tools call the consumer: the tag of the application's choice, or the broker's, which is another
    /// one after a reconnect; `nil` while the broker has no such consumer.
    public var consumerTag: String? {
        connection.core.withLock { core in core.channels[channel]?.value.subscription?.consumerTag }
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
        /// - Throws: why nothing more will come.
        public mutating func next() async throws(AMQPError) -> AMQPDelivery? {
            while !Task.isCancelled {
                if let delivery = batch.next() { return delivery }
                guard try await batch.fill() else { return nil }
            }
            return nil
        }

        /// The next delivery; `nil` when the consumer has ended or the task is cancelled.
        ///
        /// - Throws: why nothing more will come.
        public mutating func next(
            isolation actor: isolated (any Actor)?
        ) async throws(AMQPError) -> AMQPDelivery? {
            try await next()
        }
    }
}
