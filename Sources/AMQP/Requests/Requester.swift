import WarrenRuntime

/// Sends requests and hands out their replies: one channel, with one consumer of the broker's direct reply queue, for
/// all of a client's requests.
final class Requester: Sendable {
    /// What RabbitMQ calls the queue of the channel's own replies.
    static let replyQueue = "amq.rabbitmq.reply-to"

    private let connection: Connection
    private let window: Int
    private let channel = Locked<SlotID?>(nil)

    init(_ connection: Connection, window: Int) {
        self.connection = connection
        self.window = window
    }

    func request(
        _ message: AMQPMessage,
        _ target: PublishTarget,
        within timeout: Duration
    ) async throws(AMQPError) -> AMQPMessage {
        let deadline = connection.clock.now.advanced(by: timeout)
        let reply = OneShot<CallQueue.Answer>()
        let (id, correlationID) = try await place(for: reply)
        defer { connection.perform { core, _ in core.channels[id]?.value.requests?.forget(correlationID) } }
        var request = message
        request.properties.correlationID = correlationID
        request.properties.replyTo = Self.replyQueue
        let confirmation = PublishConfirmation(isTold: true)
        if let admission = try connection.submit(request, target, on: id, confirmation) {
            try await connection.admission(admission, target, on: id, within: timeout)
        }
        connection.perform { core, _ in core.channels[id]?.value.requests?.sent(correlationID) }
        async let _ = fail(reply, unlessAcked: confirmation)
        let rest = connection.clock.now.duration(until: deadline)
        let answer = await connection.wait(for: reply, within: rest) {
            .failure($0("the request to exchange '\(target.exchange)' with key '\(target.routingKey)'"))
        }
        guard case .message(let incoming) = try answer.get() else { throw .channelGone }
        var answered = incoming.message
        answered.properties.correlationID = message.properties.correlationID
        return answered
    }

    private func place(for reply: OneShot<CallQueue.Answer>) async throws(AMQPError) -> (SlotID, String) {
        // Between the finding and the adding another request may have replaced a channel that has ended.
        for _ in 0..<2 {
            let id = await openedChannel()
            let correlationID = connection.perform { core, _ in core.channels[id]?.value.requests?.add(reply) }
            if let correlationID { return (id, correlationID) }
        }
        throw connection.core.withLock { $0.refusal } ?? .channelGone
    }

    private func fail(_ reply: OneShot<CallQueue.Answer>, unlessAcked confirmation: PublishConfirmation) async {
        let outcome = await confirmation.outcome
        // Who waits no longer learns nothing of the request from that.
        if case .unknown(let cause) = outcome, cause.code == .cancelled { return }
        do throws(AMQPError) {
            try outcome.check()
        } catch {
            reply.abandon(.failure(error))
        }
    }

    /// The channel; another one, if it has ended because there was none left.
    private func openedChannel() async -> SlotID {
        let present = channel.withLock { $0 }
        let hasEnded = present.map { id in connection.core.withLock { $0.channels[id]?.value.end != nil } }
        if let present, hasEnded == false { return present }
        let made = connection.add(
            ChannelMachine(
                purpose: "requests",
                recovers: true,
                setup: [
                    .confirmSelect,
                    .basicConsume(
                        queue: Self.replyQueue,
                        consumerTag: "",
                        noAck: true,
                        exclusive: false,
                        arguments: [:]
                    ),
                ],
                window: window,
                requests: RequestTable(),
                backoff: connection.settings.backoff
            )
        )
        let superfluous = channel.withLock { channel -> SlotID? in
            // Another request may have been quicker.
            guard channel == present else { return made }
            channel = made
            return present
        }
        if let superfluous { await connection.remove(superfluous) }
        return channel.withLock { $0 } ?? made
    }
}
