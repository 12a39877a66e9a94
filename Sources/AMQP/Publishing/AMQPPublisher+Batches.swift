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
        let target = PublishTarget(exchange: exchange, routingKey: routingKey, mandatory: mandatory)
        var sent = 0
        do throws(AMQPError) {
            try await connection.publish(messages, target, on: channel, confirmation, sent: &sent)
        } catch {
            guard sent > 0 else { throw error }
            let notSent = AMQPError(error.code, "it was not sent: \(error.message)", reply: error.reply)
            confirmation.fulfil(.unknown(notSent), from: sent, count: messages.count - sent)
        }
        return AMQPPendingConfirms(confirmation: confirmation)
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
        try await send(contentsOf: messages, to: exchange, routingKey: routingKey, mandatory: mandatory).outcomes
    }
}

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

/// Publishes under way that were sent together.
public struct AMQPPendingConfirms: Sendable {
    let confirmation: PublishConfirmation

    /// Waits until each has its outcome, which always comes, as that of ``AMQPPendingConfirm``.
    ///
    /// In the order of the messages. A cancelled task gets `.unknown` for those that are not there yet.
    public var outcomes: [AMQPPublishOutcome] {
        get async { await confirmation.outcomes }
    }
}

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

extension Connection {
    /// Publishes a batch; `sent` says how many of it, from the first on, are in the outbox.
    fileprivate func publish(
        _ messages: [AMQPMessage],
        _ target: PublishTarget,
        on id: SlotID,
        _ confirmation: PublishConfirmation?,
        sent: inout Int
    ) async throws(AMQPError) {
        var batch = try PublishBatch(messages, target, confirmation)
        while sent < batch.count {
            guard let turn = try submit(&batch, from: &sent, on: id) else { continue }
            try await admission(turn, target, on: id)
            sent += 1
        }
    }
}
