extension AMQPClient {
    /// Sends messages to one place with the client's own publisher: ``AMQPPublisher/send(contentsOf:to:routingKey:mandatory:)``.
    public func send(
        contentsOf messages: [AMQPMessage],
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) -> AMQPPendingConfirms {
        try await publisher.send(contentsOf: messages, to: exchange, routingKey: routingKey, mandatory: mandatory)
    }

    /// Publishes messages to one place and returns when each has its outcome:
    /// ``AMQPPublisher/publish(contentsOf:to:routingKey:mandatory:)``.
    public func publish(
        contentsOf messages: [AMQPMessage],
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) -> [AMQPPublishOutcome] {
        try await publisher.publish(contentsOf: messages, to: exchange, routingKey: routingKey, mandatory: mandatory)
    }
}
