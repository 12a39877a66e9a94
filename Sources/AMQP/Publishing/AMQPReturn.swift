/// A message that the broker gave back, because it was mandatory and no queue took it.
public struct AMQPReturn: Sendable, Hashable {
    /// Why, usually `312 NO_ROUTE`.
    public let reply: AMQPReply
    /// Where it was published to.
    public let exchange: String
    /// With which key.
    public let routingKey: String
    /// The message as the broker gave it back.
    public let message: AMQPMessage
}

extension AMQPReturn {
    /// The message as it was before the client stamped it.
    var withoutStamp: AMQPReturn {
        guard message.properties.headers[PublishEncoder.stampKey] != nil else { return self }
        var message = message
        message.properties.headers[PublishEncoder.stampKey] = nil
        return AMQPReturn(reply: reply, exchange: exchange, routingKey: routingKey, message: message)
    }
}
