extension AMQPPublisher {
    /// Sends messages to one place and returns when all of them are in the outbox; their outcomes are awaited together.
    ///
    /// They cost a fraction of as many calls of ``send(_:to:routingKey:mandatory:)``: one step for all of them as far as
    /// there is room, and one object that hears their outcomes. Where there is no room for all, it waits for their turn.
    ///
    /// - Parameters:
    ///   - messages: bodies and properties, sent in this order.
    ///   - exchange: the exchange; empty for the default exchange, where the key is a queue's name.
    ///   - routingKey: the key of all of them.
    ///   - mandatory: whether the broker gives a message back when no queue takes it.
    /// - Returns: the publishes under way.
    /// - Throws: as ``send(_:to:routingKey:mandatory:)``, when none of them was sent. Where the turn of a later one does
    ///   not come, it and those behind it have the outcome `.unknown`, whose error says that they were not sent.
    public func send(
        contentsOf messages: [AMQPMessage],
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) -> AMQPPendingConfirms {
        let confirmation = PublishConfirmation(count: messages.count)
        try await send(messages, to: exchange, routingKey, mandatory, confirmation)
        return AMQPPendingConfirms(confirmation: confirmation)
    }

    private func send(
        _ messages: [AMQPMessage],
        to exchange: String,
        _ routingKey: String,
        _ mandatory: Bool,
        _ confirmation: PublishConfirmation
    ) async throws(AMQPError) {
        let target = PublishTarget(exchange: exchange, routingKey: routingKey, mandatory: mandatory)
        var sent = 0
        do throws(AMQPError) {
            try await connection.publish(messages, target, on: channel, confirmation, sent: &sent)
        } catch {
            guard sent > 0 else { throw error }
            let notSent = AMQPError(error.code, "it was not sent: \(error.message)", reply: error.reply)
            confirmation.fulfil(.unknown(notSent), from: sent, count: messages.count - sent)
            connection.perform { core, _ in
                core.channels[channel]?.value.window?.note(.unknown(notSent), of: confirmation)
            }
        }
    }

    /// Publishes messages to one place and returns when each has its outcome.
    ///
    /// Takes the same arguments as ``send(contentsOf:to:routingKey:mandatory:)``, and throws the same. It suspends once
    /// where the window has room for all of them.
    ///
    /// - Returns: the outcomes, in the order of the messages.
    public func publish(
        contentsOf messages: [AMQPMessage],
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) -> [AMQPPublishOutcome] {
        let confirmation = PublishConfirmation(count: messages.count, isTold: true)
        try await send(messages, to: exchange, routingKey, mandatory, confirmation)
        return await confirmation.outcomes
    }
}
