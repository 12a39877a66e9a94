import WarrenRuntime

/// A calendar and a clock that a test can move on.
final class TestCalendar: RuntimeClock {
    /// How long has passed that has not.
    private let passed = Locked(Duration.zero)
    /// By how much the calendar was set forward, and the clock was not.
    private let offset = Locked(Duration.zero)

    /// Time passes.
    func advance(by duration: Duration) {
        passed.withLock { $0 += duration }
    }

    /// Somebody sets the calendar, forward or back.
    func set(forward duration: Duration) {
        offset.withLock { $0 += duration }
    }

    var wallTime: WallTime { WallTime.now.advanced(by: passed.withLock { $0 } + offset.withLock { $0 }) }

    // MARK: - The clock

    var now: MonotonicTime { SystemClock().now.advanced(by: passed.withLock { $0 }) }

    func sleep(until deadline: MonotonicTime) async throws(CancellationError) {
        try await SystemClock().sleep(until: deadline.advanced(by: .zero - passed.withLock { $0 }))
    }

    func blockingTimeout(until deadline: MonotonicTime) -> Duration? { now.duration(until: deadline) }

    func onJump(_ wake: @escaping @Sendable () -> Void) -> JumpRegistration? { nil }
}
