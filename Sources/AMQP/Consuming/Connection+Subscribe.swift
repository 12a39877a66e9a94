import WarrenRuntime

extension Connection {
    /// Opens a channel that consumes, and waits until the broker has agreed.
    func subscribe(
        _ source: AMQPConsumerSource,
        prefetch: Int,
        exclusive: Bool,
        coalescingAcks: Bool,
        arguments: AMQPTable
    ) async throws(AMQPError) -> AMQPDeliveries {
        guard let count = UInt16(exactly: prefetch), count > 0 else {
            throw AMQPError(.invalidArgument, "prefetch must be 1 to 65,535, not \(prefetch)")
        }
        let consume = ClientMethod.basicConsume(
            queue: source.queue,
            consumerTag: "",
            exclusive: exclusive,
            arguments: arguments
        )
        let opened = OneShot<Result<Void, AMQPError>>()
        let id = add(
            ChannelMachine(
                purpose: source.description,
                recovers: true,
                setup: source.setup + [.basicQos(prefetch: count), consume],
                subscription: Subscription(
                    prefetch: prefetch,
                    coalescesAcks: coalescingAcks,
                    position: SubscriptionPosition()
                ),
                backoff: settings.backoff,
                opened: opened
            )
        )
        try await finishOpening(id, opened, "subscribing the \(source.description)")
        return AMQPDeliveries(connection: self, channel: id)
    }
}
