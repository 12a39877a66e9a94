import WarrenRuntime

/// Publishes with confirms, on a channel of its own that comes back after every loss.
///
/// Messages sent one after the other by one task reach the broker in that order. Any number of tasks may share a
/// publisher. Made by ``AMQPClient/withPublisher(window:_:)``; the client has one itself.
public final class AMQPPublisher: Sendable {
    /// How many publishes a publisher may have unanswered.
    static let windows = 1...(1 << 20)

    let connection: Connection
    let channel: SlotID

    init(connection: Connection, window: Int) {
        self.connection = connection
        channel = connection.add(
            ChannelMachine(
                purpose: "publisher",
                recovers: true,
                setup: [.confirmSelect],
                window: window,
                backoff: connection.settings.backoff
            )
        )
    }

    /// Sends a message and returns as soon as it is in the outbox; its outcome is awaited apart.
    ///
    /// Suspends only when there is no room (window or outbox full), no connection, or the broker blocks publishers.
    ///
    /// - Parameters:
    ///   - message: body and properties.
    ///   - exchange: the exchange; empty for the default exchange, where the key is a queue's name.
    ///   - routingKey: the key.
    ///   - mandatory: whether the broker gives the message back when no queue takes it.
    /// - Returns: the publish under way.
    /// - Throws: `.invalidArgument` for what cannot be sent, `.timedOut`, `.unreachable` and others when its turn did
    ///   not come in time, `.cancelled`, `.closed`. Nothing was sent then.
    public func send(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) -> AMQPPendingConfirm {
        try await send(message, to: exchange, routingKey: routingKey, mandatory: mandatory, within: nil)
    }

    /// The same with a deadline of its own for getting its turn.
    package func send(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool,
        within timeout: Duration?
    ) async throws(AMQPError) -> AMQPPendingConfirm {
        let confirmation = PublishConfirmation()
        let target = PublishTarget(exchange: exchange, routingKey: routingKey, mandatory: mandatory)
        if let admission = try connection.submit(message, target, on: channel, confirmation) {
            try await connection.admission(admission, target, on: channel, within: timeout)
        }
        return AMQPPendingConfirm(confirmation: confirmation)
    }

    /// Publishes a message and returns when the broker has taken responsibility for it.
    ///
    /// Takes the same arguments as ``send(_:to:routingKey:mandatory:)``.
    /// - Throws: `.returned`, `.refused`, or `.unknown` when no answer came (also when the task is cancelled); and what
    ///   ``send(_:to:routingKey:mandatory:)`` throws, when nothing was sent.
    public func publish(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) {
        let confirmation = PublishConfirmation(isTold: true)
        let target = PublishTarget(exchange: exchange, routingKey: routingKey, mandatory: mandatory)
        if let admission = try connection.submit(message, target, on: channel, confirmation) {
            try await connection.admission(admission, target, on: channel)
        }
        try await confirmation.outcome.check()
    }

    /// Waits until every message sent so far has its outcome.
    ///
    /// - Throws: `.returned`, `.refused` or `.unknown` when some message was not acked that was sent by one of the `send`
    ///   functions since the last wait: why the first was not, also if its outcome was awaited as well. What became of
    ///   each its own ``AMQPPendingConfirm`` says. `.connectionLost` and others when channel or connection go while it
    ///   waits, so that outcomes are unknown; `.cancelled`.
    public func waitForConfirms() async throws(AMQPError) {
        let shot = OneShot<Result<Void, AMQPError>>()
        connection.perform { core, effects in core.whenAnswered(channel, shot, into: &effects) }
        let cancelled = AMQPError(.cancelled, "the wait for confirms was cancelled")
        try await shot.value(abandoningWith: .failure(cancelled)).get()
    }
}
