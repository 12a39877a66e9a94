extension ConnectionCore {
    /// Pauses or resumes a consumer.
    ///
    /// - Returns: whether the broker was asked for something, so that an answer will come to `shot`.
    mutating func setPaused(
        _ isPaused: Bool,
        _ id: SlotID,
        _ shot: OneShot<CallQueue.Answer>
    ) -> Result<Bool, AMQPError> {
        guard let box = channels[id] else { return .failure(AMQPError(.closed, "the consumer was closed")) }
        if let end = box.value.end { return .failure(end) }
        box.value.subscription?.isPaused = isPaused
        return .success(reconcile(box, shot))
    }

    /// Asks the broker for what the application wants of a consumer by now, if that is not what was asked for last.
    ///
    /// - Returns: whether something was sent, so that an answer will come.
    mutating func reconcile(
        _ box: SlotMap<ChannelMachine>.Box,
        _ shot: OneShot<CallQueue.Answer>? = nil
    ) -> Bool {
        guard let number = box.value.openNumber else { return false }
        var methods = box.value.unbinding
        if let tag = box.value.subscription?.takeCancel() {
            // Whoever waits for the answer may rely on the broker having heard of the acks; they have a fixed size.
            try? sendAcks(of: box, number)
            methods.append(.basicCancel(consumerTag: tag))
        } else {
            let setup = box.value.setup
            methods = box.value.subscription?.takeConsume(of: setup) ?? []
        }
        return ask(methods, box, number, shot)
    }

    /// Takes a private queue off its exchanges, before anything else is done that makes it go.
    ///
    /// - Returns: whether something was sent, so that an answer will come.
    mutating func unbind(
        _ box: SlotMap<ChannelMachine>.Box,
        _ shot: OneShot<CallQueue.Answer>? = nil
    ) -> Bool {
        guard let number = box.value.openNumber else { return false }
        return ask(box.value.unbinding, box, number, shot)
    }

    private mutating func ask(
        _ methods: [ClientMethod],
        _ box: SlotMap<ChannelMachine>.Box,
        _ number: UInt16,
        _ shot: OneShot<CallQueue.Answer>?
    ) -> Bool {
        for (index, method) in methods.enumerated() {
            // The same was sent before, or is a tag that the broker sent: it always fits.
            try? send(method, on: number)
            box.value.calls.sent(method, index == methods.count - 1 ? shot : nil)
        }
        if !methods.isEmpty { wantsAttention = true }
        return !methods.isEmpty
    }
}
