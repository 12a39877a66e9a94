public import Warren

extension RabbitMQEventBus: DeadLetterKeeping {
    /// The dead letters of a subscription, as ``RabbitMQDeadLetters`` over the bus's own client.
    ///
    /// - Parameter name: the subscription's name, to which the configured prefix is added.
    /// - Returns: its dead letters.
    public func deadLetterStore(of name: String) -> any DeadLetterStore {
        RabbitMQDeadLetters(client: client, queue: configuration.queuePrefix + name)
    }
}
