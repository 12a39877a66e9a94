extension Connection {
    /// Publishes a batch; `sent` says how many of it, from the first on, are in the outbox.
    func publish(
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
