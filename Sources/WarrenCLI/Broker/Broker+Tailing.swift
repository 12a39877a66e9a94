import AMQP

extension Broker {
    private static let prefetch = 500
    /// How long to wait before looking into an empty queue again.
    private static let lookAgain = Duration.milliseconds(200)

    /// Prints messages until the printer has enough, or the task is cancelled; `listening` is told once from when on no
    /// message is missed.
    func tail(
        _ source: TailSource,
        _ printer: TailPrinter,
        listening: @escaping @Sendable (_ where: String) -> Void
    ) async throws(CommandFailure) -> TailEnd {
        do {
            switch source {
            case .exchange(let patterns):
                try await prepareExchange()
                let bindings = patterns.map { AMQPConsumerSource.Source(exchange: address.exchange, routingKey: $0) }
                let place = "on exchange '\(address.exchange)' for \(patterns.joined(separator: ", "))"
                return try await consume(.privateQueue(bindings), printer, flushing: false) { listening(place) }
            case .consume(let queue):
                return try await consume(.queue(queue), printer, flushing: true) {
                    listening("on queue '\(queue)', taking its messages out")
                }
            case .look(let queue):
                return try await look(into: queue, printer, listening)
            }
        } catch {
            throw CommandFailure(error)
        }
    }

    /// With `flushing` a message is acked only when its line was written.
    private func consume(
        _ source: AMQPConsumerSource,
        _ printer: TailPrinter,
        flushing: Bool,
        _ listening: () -> Void
    ) async throws -> TailEnd {
        try await client.withConsumer(source, prefetch: Self.prefetch) { deliveries in
            listening()
            for try await delivery in deliveries {
                let end = try await printer.print(
                    delivery.message,
                    exchange: delivery.exchange,
                    routingKey: delivery.routingKey,
                    redelivered: delivery.redelivered,
                    flushing: flushing
                )
                if end == .unread { return .unread }
                try delivery.ack()
                if let end { return end }
            }
            throw CommandFailure(.failed, "the subscription ended")
        }
    }

    /// Takes messages one by one and settles none, so that all are back in their places when the channel closes.
    private func look(
        into queue: String,
        _ printer: TailPrinter,
        _ listening: (String) -> Void
    ) async throws -> TailEnd {
        try await client.withChannel { channel in
            let status = try await channel.queueStatus(queue)
            guard status.consumerCount == 0 else {
                let consumers = status.consumerCount == 1 ? "a consumer" : "\(status.consumerCount) consumers"
                throw CommandFailure(
                    .failed,
                    "queue '\(queue)' has \(consumers), which looking would disturb; --ack consumes beside them"
                )
            }
            listening("on queue '\(queue)', leaving its messages in it")
            while true {
                guard let delivery = try await channel.get(queue) else {
                    try await Task.sleep(for: Self.lookAgain)
                    continue
                }
                let end = try await printer.print(
                    delivery.message,
                    exchange: delivery.exchange,
                    routingKey: delivery.routingKey,
                    redelivered: delivery.redelivered,
                    flushing: false
                )
                if let end { return end }
            }
        }
    }
}
