import WarrenRuntime

extension Connection {
    /// Opens a channel that lives as long as this connection to the broker; waits until it is open.
    func openChannel(_ purpose: String, early: Bool = false) async throws(AMQPError) -> SlotID {
        let opened = OneShot<Result<Void, AMQPError>>()
        let id = add(
            ChannelMachine(
                purpose: purpose,
                recovers: false,
                opensEarly: early,
                backoff: settings.backoff,
                opened: opened
            )
        )
        try await finishOpening(id, opened, "opening a channel")
        return id
    }

    /// Waits for a channel's first opening; a channel that does not open is removed.
    func finishOpening(
        _ id: SlotID,
        _ opened: OneShot<Result<Void, AMQPError>>,
        _ what: String
    ) async throws(AMQPError) {
        if case .failure(let error) = await result(of: opened, within: settings.operationTimeout, what) {
            await remove(id)
            throw error
        }
    }

    func isOpen(_ id: SlotID) -> Bool {
        core.withLock { core in core.channels[id]?.value.openNumber != nil }
    }
}
