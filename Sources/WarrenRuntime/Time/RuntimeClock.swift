/// The clock everything in the package reads, so that a test can hold time in its hands.
package protocol RuntimeClock: Sendable {
    var now: MonotonicTime { get }

    /// What the calendar says; unless a clock has one of its own, the machine's.
    var wallTime: WallTime { get }

    /// Suspends until `deadline`; throws when the task is cancelled first.
    func sleep(until deadline: MonotonicTime) async throws(CancellationError)

    /// How long a thread may block in the kernel before it has to look at the clock again; `nil`: until it is woken.
    func blockingTimeout(until deadline: MonotonicTime) -> Duration?

    /// Calls `wake` whenever the clock jumps, until the returned registration goes away. A real clock never jumps.
    func onJump(_ wake: @escaping @Sendable () -> Void) -> JumpRegistration?
}

extension RuntimeClock {
    package var wallTime: WallTime { .now }
}

/// Keeps a jump observer registered for as long as it is referenced.
package final class JumpRegistration: Sendable {
    private let cancel: @Sendable () -> Void

    package init(cancel: @escaping @Sendable () -> Void) {
        self.cancel = cancel
    }

    deinit {
        cancel()
    }
}
