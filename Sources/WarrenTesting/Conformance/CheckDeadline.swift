internal import WarrenRuntime

/// Does what a check does, within a deadline: what does not end by then is left behind, whether it heeds its cancellation
/// or not.
///
/// - Throws: what `body` throws; ``ConformanceFailure`` at the deadline.
func check(within limit: Duration, _ body: @escaping @Sendable () async throws -> Void) async throws {
    let outcome = Locked<Result<Void, any Error>?>(nil)
    let ended = StopSignal()
    // Not a child of this task, which would have to wait for it.
    let check = Task {
        do {
            try await body()
            outcome.withLock { $0 = .success(()) }
        } catch {
            outcome.withLock { $0 = .failure(error) }
        }
        ended.stop()
    }
    let clock = SystemClock()
    _ = await ended.sleep(until: clock.now.advanced(by: limit), clock: clock)
    check.cancel()
    guard let outcome = outcome.withLock({ $0 }) else {
        try Task.checkCancellation()
        throw ConformanceFailure("an end of the check within \(limit)", seen: "none")
    }
    try outcome.get()
}
