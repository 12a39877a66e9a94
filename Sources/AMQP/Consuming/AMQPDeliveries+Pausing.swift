extension AMQPDeliveries {
    /// Asks the broker to send no more, until ``resume()``; returns when it has agreed.
    ///
    /// What has come already is still handed out, and everything handed out may still be settled: the channel stays.
    /// Messages wait in the queue meanwhile, for other consumers or for this one; it stays paused over reconnects. A
    /// private queue goes with its pause, and another one comes with ``resume()``. Pausing twice does nothing, and the
    /// second time does not wait for the broker. Nor is it waited for without a connection, and while the subscription is
    /// being taken up: then it is cancelled as soon as the broker has agreed to it, and a few deliveries may still come.
    ///
    /// - Throws: `.closed` when the consumer has ended, `.timedOut`, `.cancelled`, `.connectionLost`; it is paused all
    ///   the same while it lives.
    public func pause() async throws(AMQPError) { try await setPaused(true) }

    /// Consumes again after ``pause()``; returns when the broker has agreed.
    ///
    /// Without a connection it returns at once, and consumes when there is one.
    ///
    /// - Throws: as ``pause()``, and why the broker refuses, for example `.notFound` when the queue is gone: the
    ///   client tries again.
    public func resume() async throws(AMQPError) { try await setPaused(false) }

    private func setPaused(_ isPaused: Bool) async throws(AMQPError) {
        let answer = OneShot<CallQueue.Answer>()
        let asked = connection.perform { core, _ -> Result<Bool, AMQPError> in
            core.setPaused(isPaused, channel, answer)
        }
        guard try asked.get() else { return }
        let what = isPaused ? "pausing a consumer" : "resuming a consumer"
        _ = try await connection.answer(of: answer, within: connection.settings.operationTimeout, what)
    }
}
