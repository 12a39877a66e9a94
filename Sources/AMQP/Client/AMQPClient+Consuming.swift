extension AMQPClient {
    /// Consumes for the length of `body`; then unsettled deliveries go back to the queue.
    ///
    /// The subscription is taken up again after every reconnect, and when the broker ends it.
    ///
    /// - Parameters:
    ///   - source: a queue's name, or a private queue.
    ///   - prefetch: how many deliveries may be unsettled at a time, 1 to 65,535.
    ///   - acknowledgement: who settles deliveries: the application, or the broker by sending them.
    ///   - coalescingAcks: how acks are gathered, so that one frame carries many.
    ///   - exclusive: whether no other consumer may consume the queue.
    ///   - noLocal: whether the connection's own messages are left out; RabbitMQ does not heed it.
    ///   - consumerTag: what the broker's tools call the consumer, at most 255 bytes; empty: the broker's choice.
    ///   - arguments: for example a priority, or where in a stream to begin.
    ///   - body: what to do with the deliveries; the subscription ends with it.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; `.notFound`, `.accessRefused`, `.resourceLocked` when the subscription is refused;
    ///   `.notSupported` when the broker closes the connection over it, as over a stream without acks.
    public func withConsumer<Value>(
        _ source: AMQPConsumerSource,
        prefetch: Int = 100,
        acknowledgement: AMQPAcknowledgement = .manual,
        coalescingAcks: AMQPAckCoalescing = .automatic,
        exclusive: Bool = false,
        noLocal: Bool = false,
        consumerTag: String = "",
        arguments: AMQPConsumerArguments = AMQPConsumerArguments(),
        _ body: (AMQPDeliveries) async throws -> Value
    ) async throws -> Value {
        let deliveries = try await consuming.subscribe(
            source,
            Consumption(
                prefetch: prefetch,
                acknowledgement: acknowledgement,
                coalescingAcks: coalescingAcks,
                exclusive: exclusive,
                noLocal: noLocal,
                consumerTag: consumerTag,
                arguments: arguments
            )
        )
        recorder.consumerBegan(source)
        do {
            let value = try await body(deliveries)
            await end(deliveries, of: source)
            return value
        } catch {
            await end(deliveries, of: source)
            throw error
        }
    }

    private func end(_ deliveries: AMQPDeliveries, of source: AMQPConsumerSource) async {
        recorder.consumerEnded(source)
        await consuming.remove(deliveries.channel)
    }
}
