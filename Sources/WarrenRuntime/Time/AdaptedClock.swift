/// Any clock of a program, as the package reads clocks.
package struct AdaptedClock<Base: Clock<Duration>>: RuntimeClock {
    /// The longest that a clock is asked to sleep at a time: some cannot add more to a moment.
    private static var longestSleep: Duration { .seconds(100 * 365 * 86_400) }
    /// How often a thread, which nobody can wake, looks at the clock.
    private static var lookInterval: Duration { .milliseconds(5) }

    private let base: Base
    private let start: Base.Instant
    private let wallStart = WallTime.now

    package init(_ base: Base) {
        self.base = base
        start = base.now
    }

    package var now: MonotonicTime {
        MonotonicTime(nanoseconds: 0).advanced(by: start.duration(to: base.now))
    }

    /// The calendar as it was at the start, moved on with the clock.
    package var wallTime: WallTime {
        let (milliseconds, overflow) = wallStart.milliseconds.addingReportingOverflow(now.nanoseconds / 1_000_000)
        return overflow ? wallStart : WallTime(milliseconds: milliseconds)
    }

    package func sleep(until deadline: MonotonicTime) async throws(CancellationError) {
        while now < deadline {
            // A moment, and not how long it is until then: the clock may move on meanwhile.
            let end = min(deadline, now.advanced(by: Self.longestSleep))
            do {
                try await base.sleep(until: start.advanced(by: .nanoseconds(end.nanoseconds)), tolerance: nil)
            } catch {
                throw CancellationError()
            }
        }
    }

    package func blockingTimeout(until deadline: MonotonicTime) -> Duration? {
        deadline <= now ? .zero : Self.lookInterval
    }

    package func onJump(_ wake: @escaping @Sendable () -> Void) -> JumpRegistration? { nil }
}
