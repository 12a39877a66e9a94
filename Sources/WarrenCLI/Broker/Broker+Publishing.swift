import AMQP
import Warren
import WarrenRabbitMQ

extension Broker {
    /// Publishes one event and returns when it is on its way.
    ///
    /// Mandatory, not because an event without a queue were wrong, but because only so the broker says that it had none.
    func send(_ envelope: EventEnvelope) async throws(CommandFailure) -> PendingPublish {
        let properties: CarriedProperties
        do {
            properties = try envelope.publishingProperties()
        } catch {
            return { .failed(reason: error.message) }
        }
        do {
            let message = AMQPMessage(envelope, properties: properties)
            let key = properties.routingKey
            let pending = try await client.send(message, to: address.exchange, routingKey: key, mandatory: true)
            return { PublishOutcome(await pending.outcome) }
        } catch  where error.code == .invalidArgument {
            return { .failed(reason: error.message) }
        } catch {
            throw CommandFailure(error)
        }
    }
}

extension PublishOutcome {
    init(_ outcome: AMQPPublishOutcome) {
        switch outcome {
        case .acked: self = .acked(routed: true)
        case .returned: self = .acked(routed: false)
        case .refused: self = .failed(reason: "the broker refused it: a queue is full or failing")
        case .unknown(let error): self = .failed(reason: "nobody knows whether the broker has it: \(error.message)")
        }
    }
}
