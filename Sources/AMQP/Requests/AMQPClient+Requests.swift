extension AMQPClient {
    /// Sends a request and waits for its reply, over RabbitMQ's direct reply queue.
    ///
    /// Any number of requests may wait at a time; they share one channel and one consumer. The request is mandatory,
    /// and is sent with a correlation id and a `reply-to` of the client's; the reply comes back with the correlation
    /// id that `message` had. A reply that comes too late is dropped and counted (`.lateReply`).
    ///
    /// - Parameters:
    ///   - message: body and properties; whoever answers sees all but correlation id and `reply-to`.
    ///   - exchange: the exchange; empty for the default exchange, where the key is a queue's name.
    ///   - routingKey: the key.
    ///   - timeout: how long it may take in all. Default: the configured operation timeout.
    /// - Returns: the reply.
    /// - Throws: `.returned` when no queue takes the request, `.refused`, `.unknown` when the connection is lost before
    ///   the reply, `.timedOut`, `.cancelled`: whether the request is dealt with is open then; and what
    ///   ``send(_:to:routingKey:mandatory:)`` throws when nothing was sent.
    public func request(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        timeout: Duration? = nil
    ) async throws(AMQPError) -> AMQPMessage {
        try await requester.request(
            message,
            PublishTarget(exchange: exchange, routingKey: routingKey, mandatory: true),
            within: timeout ?? publishing.settings.operationTimeout
        )
    }

    /// Answers a request: publishes `message` to the queue that the request names in `reply-to`, with its correlation
    /// id, and returns when the broker has it.
    ///
    /// Settle the delivery afterwards, so that a request whose answer is not sent comes again.
    ///
    /// - Throws: `.invalidArgument` when the delivery names no `reply-to`; as ``publish(_:to:routingKey:mandatory:)``.
    ///   A direct reply queue that is gone is no error: the broker drops the answer.
    public func reply(to delivery: AMQPDelivery, _ message: AMQPMessage) async throws(AMQPError) {
        guard let queue = delivery.properties.replyTo, !queue.isEmpty else {
            throw AMQPError(.invalidArgument, "delivery \(delivery.deliveryTag) asks for no reply: it has no reply-to")
        }
        var message = message
        message.properties.correlationID = delivery.properties.correlationID
        // Of a direct reply queue the broker says that nothing took the message, also when someone did.
        let mandatory = !queue.hasPrefix("\(Requester.replyQueue).")
        try await publish(message, to: "", routingKey: queue, mandatory: mandatory)
    }
}
