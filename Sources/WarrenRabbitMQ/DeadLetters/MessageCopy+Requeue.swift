import AMQP

extension MessageCopy {
    /// Has a dead letter begin anew: nothing in it tells of a failure any more, only where it was first published.
    mutating func beginAnew(from origin: Origin) {
        for header in WarrenHeader.ofFailure { self[header] = nil }
        guard !origin.exchange.isEmpty || !origin.routingKey.isEmpty else { return }
        self[WarrenHeader.exchange] = .string(origin.exchange)
        self[WarrenHeader.routingKey] = .string(origin.routingKey)
    }
}
