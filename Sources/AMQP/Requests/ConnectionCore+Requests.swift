extension ConnectionCore {
    /// A message on the channel of requests.
    ///
    /// - Returns: whether the channel is one.
    mutating func replied(
        _ reply: IncomingMessage,
        _ box: SlotMap<ChannelMachine>.Box,
        into effects: inout Effects
    ) -> Bool {
        guard let wasAwaited = box.value.requests?.replied(reply, into: &effects.answers) else { return false }
        if !wasAwaited {
            let subject = "reply with correlation id '\(reply.message.properties.correlationID ?? "")'"
            effects.events.append(AMQPEvent(kind: .lateReply, subject: subject, error: nil))
        }
        return true
    }
}
