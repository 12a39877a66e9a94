public import AMQP
public import Warren

/// A dead letter as the message that it is.
public struct RabbitMQDeadLetter: Sendable, Hashable {
    /// What is known of it without its data.
    public let head: DeadLetterHead
    /// The message in the queue of dead letters, with all its headers; empty where it could not be read.
    public let message: AMQPMessage
    /// The queue that it came from, and goes back to.
    public let queue: String
    /// Why the message could not be read; it can be discarded, but not requeued.
    public let unreadable: String?

    /// The event, as far as the message is one.
    public var event: EventEnvelope { Self.event(in: message, key: head.routingKey ?? "") }

    /// Where it was published.
    var origin: MessageCopy.Origin {
        MessageCopy.Origin(exchange: head.exchange ?? "", routingKey: head.routingKey ?? "")
    }

    /// What stands in the queue of dead letters of `queue`.
    init(_ delivery: AMQPDelivery, of queue: String) {
        message = delivery.message
        unreadable = delivery.unreadable
        let headers = message.properties.headers
        let death = BrokerDeath(headers)
        self.queue = death.map { $0.isOfLadder ? $0.routingKey : $0.queue } ?? queue
        let origin = Self.origin(of: message.properties, death, queue: self.queue)
        let event = Self.event(in: message, key: origin?.routingKey ?? "")
        head = DeadLetterHead(
            eventID: event.eventID,
            eventType: event.eventType,
            failure: EventFailure(headers, death, unreadable: unreadable, timestamp: event.timestamp),
            host: death == nil ? headers[WarrenHeader.host]?.string : nil,
            exchange: origin?.exchange,
            routingKey: origin?.routingKey,
            brokerReason: death?.reason,
            size: message.body.count
        )
    }

    /// Where a message was published: what it says itself, unless it went to the broker's dead letters from another exchange
    /// since then.
    private static func origin(
        of properties: AMQPProperties,
        _ death: BrokerDeath?,
        queue: String
    ) -> MessageCopy.Origin? {
        if let death {
            return MessageCopy.Origin(
                of: properties,
                exchange: death.exchange,
                routingKey: death.routingKey,
                queue: queue
            )
        }
        guard let exchange = properties.headers[WarrenHeader.exchange]?.string,
            let key = properties.headers[WarrenHeader.routingKey]?.string
        else { return nil }
        return MessageCopy.Origin(exchange: exchange, routingKey: key)
    }

    /// The event, or what was meant to be one and contradicts itself, as the data of one.
    private static func event(in message: AMQPMessage, key: String) -> EventEnvelope {
        let properties = CarriedProperties(message.properties, routingKey: key)
        let event = try? EventEnvelope(carrying: message.body, properties: properties)
        return event ?? EventEnvelope(wrapping: message.body, properties: properties)
    }
}

extension EventFailure {
    /// What the headers of a dead letter say, whoever has written them; what nobody says is as nearly true as can be.
    fileprivate init(_ headers: AMQPTable, _ death: BrokerDeath?, unreadable: String?, timestamp: EventTimestamp?) {
        func text(_ name: String) -> String? { headers[name]?.string }
        func time(_ name: String) -> EventTimestamp? { text(name).flatMap { EventTimestamp($0) } }
        func number(_ name: String) -> Int { max(0, headers[name]?.integer ?? 0) }
        let unknown = timestamp ?? EventTimestamp(milliseconds: 0)
        if let death {
            let last = death.time ?? unknown
            self.init(
                error: death.explanation,
                errorType: "broker",
                attempts: death.isOfLadder ? number(WarrenHeader.attempt) : death.count,
                firstFailedAt: death.isOfLadder ? time(WarrenHeader.firstFailedAt) ?? last : last,
                lastFailedAt: last,
                handler: death.isOfLadder ? death.routingKey : death.queue
            )
            return
        }
        let last = time(WarrenHeader.lastFailedAt) ?? unknown
        let nothing = unreadable.map { ($0, "unreadable") } ?? ("nobody says why it is here", "unknown")
        self.init(
            error: text(WarrenHeader.error) ?? nothing.0,
            errorType: text(WarrenHeader.errorType) ?? nothing.1,
            attempts: number(WarrenHeader.attempts),
            firstFailedAt: time(WarrenHeader.firstFailedAt) ?? last,
            lastFailedAt: last,
            handler: text(WarrenHeader.handler) ?? ""
        )
    }
}
