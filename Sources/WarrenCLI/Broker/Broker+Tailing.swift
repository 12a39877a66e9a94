import AMQP
import Warren
import WarrenRabbitMQ

extension Broker {
    private static let prefetch = 500

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
                let bindings = patterns.map { AMQPConsumerSource.Binding(exchange: address.exchange, routingKey: $0) }
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
                let end = try await printer.print(delivery, flushing: flushing)
                if end != .unread { try delivery.ack() }
                guard let end else { continue }
                // Closed at once, the channel of a quorum queue may take acks along.
                try? await deliveries.pause()
                return end
            }
            throw CommandFailure(.failed, "the subscription ended")
        }
    }

    private func look(
        into queue: String,
        _ printer: TailPrinter,
        _ listening: (String) -> Void
    ) async throws -> TailEnd {
        do {
            return try await QueueLook.use(client, queue, expecting: printer.wanted ?? Self.prefetch) { look in
                listening("on queue '\(queue)', leaving its messages in it")
                while true {
                    for delivery in try await look.nextAtLast(upTo: Self.prefetch) {
                        let end = try await printer.print(delivery, flushing: false)
                        if let end { return end }
                    }
                }
            }
        } catch let error as EventBusError where error.code == .inUse {
            throw CommandFailure(.failed, "\(error.message); --ack consumes beside them")
        }
    }
}
