import WarrenRuntime

extension AMQPPublisher {
    /// Publishes a message and returns when the broker has taken responsibility for it; sends it again, if told so,
    /// where the loss of connection or channel leaves open whether the broker has it.
    ///
    /// A message without a message id is given one. Each repetition is reported (`.resent`). Nothing is sent again once
    /// the task is cancelled, after the deadline, or when the loss was this message's own doing.
    ///
    /// - Parameters:
    ///   - message: body and properties.
    ///   - exchange: the exchange; empty for the default exchange, where the key is a queue's name.
    ///   - routingKey: the key.
    ///   - mandatory: whether a message that no queue takes is an error.
    ///   - policy: what to do about an unknown outcome.
    ///   - timeout: how long it may take in all. Default: the configured confirm timeout.
    /// - Throws: `.returned`, `.refused`; `.unknown` when some sending has no outcome and no later one was acked; and
    ///   what ``send(_:to:routingKey:mandatory:)`` throws, when nothing was sent.
    public func publish(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true,
        onUnknown policy: AMQPUnknownPolicy,
        timeout: Duration? = nil
    ) async throws(AMQPError) {
        var resending = Resending(policy, message)
        var message = message
        if resending.mayResend, message.properties.messageID == nil { message.properties.messageID = .randomUUID() }
        let target = PublishTarget(exchange: exchange, routingKey: routingKey, mandatory: mandatory)
        let deadline = connection.clock.now.advanced(by: timeout ?? connection.settings.confirmTimeout)
        while true {
            switch resending.next(after: await attempt(message, target, deadline), target, Task.isCancelled) {
            case .done: return
            case .fail(let error): throw error
            case .again(let cause):
                let id = message.properties.messageID ?? ""
                connection.core.withLock { $0.resent += 1 }
                connection.owner.report(AMQPEvent(kind: .resent, subject: "message '\(id)'", error: cause))
            }
        }
    }

    private func attempt(
        _ message: AMQPMessage,
        _ target: PublishTarget,
        _ deadline: MonotonicTime
    ) async -> Resending.Attempt {
        func rest() -> Duration { connection.clock.now.duration(until: deadline) }
        let confirmation = PublishConfirmation(isTold: true)
        do throws(AMQPError) {
            if let admission = try connection.submit(message, target, on: channel, confirmation) {
                try await connection.admission(admission, target, on: channel, within: rest())
            }
        } catch {
            return .notSent(error)
        }
        let shot = OneShot<AMQPPublishOutcome>()
        async let _ = shot.abandon(confirmation.outcome)
        let outcome = await connection.wait(for: shot, within: rest()) {
            .unknown($0("the publish to exchange '\(target.exchange)' with key '\(target.routingKey)'"))
        }
        return .sent(outcome)
    }
}

extension AMQPClient {
    /// Publishes a message and returns when the broker has taken responsibility for it; sends it again, if told so,
    /// where the loss of connection or channel leaves open whether the broker has it.
    ///
    /// As ``AMQPPublisher/publish(_:to:routingKey:mandatory:onUnknown:timeout:)``.
    public func publish(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true,
        onUnknown policy: AMQPUnknownPolicy,
        timeout: Duration? = nil
    ) async throws(AMQPError) {
        try await publisher.publish(
            message,
            to: exchange,
            routingKey: routingKey,
            mandatory: mandatory,
            onUnknown: policy,
            timeout: timeout
        )
    }
}
