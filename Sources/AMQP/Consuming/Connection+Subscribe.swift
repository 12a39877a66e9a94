import WarrenRuntime

/// How a consumer consumes.
struct Consumption {
    let prefetch: Int
    let acknowledgement: AMQPAcknowledgement
    let coalescingAcks: AMQPAckCoalescing
    let exclusive: Bool
    let noLocal: Bool
    let consumerTag: String
    let arguments: AMQPConsumerArguments
    /// Whether what cannot be read is handed out without its contents, and not rejected.
    var keepsUnreadable = false

    fileprivate var mode: Subscription.Mode {
        if arguments.streamOffset != nil || arguments.other[AMQPStreamOffset.key] != nil { return .stream }
        return acknowledgement == .automatic ? .automatic : .acknowledged
    }

    /// Whether the broker may be asked to stop for a while, with nothing lost but a place among the queue's consumers: a
    /// private queue would go, and another consumer could become the only one.
    fileprivate func yields(_ source: AMQPConsumerSource) -> Bool {
        mode == .automatic && !exclusive && source.setup.isEmpty
    }
}

extension Connection {
    /// Opens a channel that consumes, and waits until the broker has agreed.
    func subscribe(
        _ source: AMQPConsumerSource,
        _ consumption: Consumption
    ) async throws(AMQPError) -> AMQPDeliveries {
        guard let count = UInt16(exactly: consumption.prefetch), count > 0 else {
            throw AMQPError(.invalidArgument, "prefetch must be 1 to 65,535, not \(consumption.prefetch)")
        }
        guard consumption.mode != .stream || consumption.acknowledgement == .manual else {
            throw AMQPError(.invalidArgument, "a stream is consumed with acks: they ask for more of it")
        }
        if let objection = consumption.coalescingAcks.objection { throw AMQPError(.invalidArgument, objection) }
        let consume = ClientMethod.basicConsume(
            queue: source.queue,
            consumerTag: consumption.consumerTag,
            noLocal: consumption.noLocal,
            noAck: consumption.acknowledgement == .automatic,
            exclusive: consumption.exclusive,
            arguments: consumption.arguments.table
        )
        let opened = OneShot<Result<Void, AMQPError>>()
        let id = add(
            ChannelMachine(
                purpose: source.description,
                recovers: true,
                setup: source.setup + [.basicQos(prefetch: count), consume],
                subscription: Subscription(
                    prefetch: consumption.prefetch,
                    coalescing: consumption.coalescingAcks,
                    mode: consumption.mode,
                    yields: consumption.yields(source),
                    keepsUnreadable: consumption.keepsUnreadable,
                    queue: source.queue,
                    overdueAfter: settings.overdueAfter,
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
