/// Runs `work` so that the cancellation of the calling task asks it to end, and does not cancel it.
///
/// - Parameters:
///   - grace: how long `work` may go on after it was asked; then it is cancelled.
///   - rest: how long it is waited for after that; the grace once more unless given.
///   - clock: measures the grace.
///   - stop: asks `work` to end; called once, at the cancellation.
///   - work: runs from now on.
/// - Returns: whether `work` has ended.
package func gracefully(
    _ grace: Duration,
    rest: Duration? = nil,
    clock: any RuntimeClock,
    stop: @escaping @Sendable () -> Void,
    work: @escaping @Sendable () async -> Void
) async -> Bool {
    let ended = StopSignal()
    let abandoned = StopSignal()
    // Not a child of this task: it has to outlive this task's cancellation.
    let task = Task {
        await work()
        ended.stop()
        abandoned.stop()
    }
    await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            Task {
                await abandoned.wait()
                continuation.resume()
            }
        }
    } onCancel: {
        stop()
        Task {
            _ = await ended.sleep(until: clock.now.advanced(by: grace), clock: clock)
            task.cancel()
            _ = await ended.sleep(until: clock.now.advanced(by: rest ?? grace), clock: clock)
            abandoned.stop()
        }
    }
    return ended.isStopped
}
