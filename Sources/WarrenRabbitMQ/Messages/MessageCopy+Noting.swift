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
        self[WarrenHeader.remainingDelay] = nil
        self[WarrenHeader.error] = .string(failure.error.cut(toBytes: EventFailure.maximumErrorLength))
        self[WarrenHeader.errorType] = .string(failure.errorType.cut(toBytes: 255))
        self[WarrenHeader.attempts] = .int64(Int64(failure.attempts))
        self[WarrenHeader.firstFailedAt] = .string(failure.firstFailedAt.text)
        self[WarrenHeader.lastFailedAt] = .string(failure.lastFailedAt.text)
        self[WarrenHeader.handler] = .string(failure.handler)
        self[WarrenHeader.host] = .string(host)
        note(origin)
    }

    /// Makes it the event's next attempt: says how many failed, and where the message came from.
    ///
    /// `rest` is what is still to be waited when the copy arrives.
    package mutating func note(_ retry: Retry, rest: Duration, from origin: Origin) {
        self[WarrenHeader.attempt] = .int64(Int64(retry.failedAttempts))
        self[WarrenHeader.firstFailedAt] = retry.firstFailedAt.map { .string($0.text) }
        self[WarrenHeader.remainingDelay] = rest > .zero ? .int64(rest.roundedUpToMilliseconds) : nil
        note(origin)
    }

    private mutating func note(_ origin: Origin) {
        self[WarrenHeader.exchange] = .string(origin.exchange)
        self[WarrenHeader.routingKey] = .string(origin.routingKey)
    }
}

extension MessageCopy.Origin {
    /// Where a message in `queue` was published to: what it says itself where it was put straight into the queue, or
    /// came by the ladder, as copies do, else where it came from just now.
    package init(of properties: AMQPProperties, exchange: String, routingKey: String, queue: String) {
        guard exchange.isEmpty || RetryStep.isStep(exchange) || LadderExit.names.contains(exchange),
            routingKey == queue,
            let first = properties.headers[WarrenHeader.exchange]?.string,
            let key = properties.headers[WarrenHeader.routingKey]?.string
        else {
            self.init(exchange: exchange, routingKey: routingKey)
            return
        }
        self.init(exchange: first, routingKey: key)
    }
}

extension Duration {
    fileprivate var roundedUpToMilliseconds: Int64 {
        let millisecond = Int128(1_000_000_000_000_000)
        return Int64(clamping: (attoseconds + millisecond - 1) / millisecond)
    }
}
