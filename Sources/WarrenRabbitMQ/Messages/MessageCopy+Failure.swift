package import AMQP
package import Warren

extension MessageCopy {
    /// Where a message came from.
    package struct Origin: Sendable, Hashable {
        package var exchange: String
        package var routingKey: String

        package init(exchange: String, routingKey: String) {
            self.exchange = exchange
            self.routingKey = routingKey
        }
    }

    /// Makes a dead letter of it: says what failed, how often, where, and where the message came from.
    package mutating func note(_ failure: EventFailure, host: String, from origin: Origin) {
        // It begins a new life when somebody sends it back.
        self[WarrenHeader.attempt] = nil
        self[WarrenHeader.error] = .string(failure.error.cut(toBytes: EventFailure.maximumErrorLength))
        self[WarrenHeader.errorType] = .string(failure.errorType.cut(toBytes: 255))
        self[WarrenHeader.attempts] = .int64(Int64(failure.attempts))
        self[WarrenHeader.firstFailedAt] = .string(failure.firstFailedAt.text)
        self[WarrenHeader.lastFailedAt] = .string(failure.lastFailedAt.text)
        self[WarrenHeader.handler] = .string(failure.handler)
        self[WarrenHeader.host] = .string(host)
        self[WarrenHeader.exchange] = .string(origin.exchange)
        self[WarrenHeader.routingKey] = .string(origin.routingKey)
    }
}

extension MessageCopy.Origin {
    /// Where a message in `queue` was published to: what it says itself where it was put straight into the queue, as
    /// copies are, else where it came from just now.
    package init(of properties: AMQPProperties, exchange: String, routingKey: String, queue: String) {
        guard exchange.isEmpty, routingKey == queue,
            let first = properties.headers[WarrenHeader.exchange]?.string,
            let key = properties.headers[WarrenHeader.routingKey]?.string
        else {
            self.init(exchange: exchange, routingKey: routingKey)
            return
        }
        self.init(exchange: first, routingKey: key)
    }
}
