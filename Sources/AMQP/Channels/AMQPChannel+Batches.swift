extension AMQPChannel {
    /// Puts messages into the outbox, without confirms, as ``publish(_:to:routingKey:mandatory:)`` does with one.
    public func publish(
        contentsOf messages: [AMQPMessage],
        to exchange: String,
        routingKey: String,
        mandatory: Bool = false
    ) async throws(AMQPError) {
        let target = try target(exchange, routingKey, mandatory)
        var sent = 0
        try await connection.publish(messages, target, on: id, nil, sent: &sent)
    }
}
