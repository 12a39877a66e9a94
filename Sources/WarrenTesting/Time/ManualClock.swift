internal import WarrenRuntime

/// A clock that stands still until a test moves it: waits of hours take none, and end exactly when they should.
///
/// ```swift
/// let clock = ManualClock()
/// let bus = try MemoryEventBus(service: "billing", clock: clock)
/// try bus.subscribe(OrderPaid.self, as: "orders", retry: .fixed(maxAttempts: 2, delay: .seconds(60))) { … }
/// …
/// try await bus.publish(OrderPaid(orderID: 7))
/// try await clock.sleeper(for: .seconds(60))  // The first attempt has failed, and the second is waited for.
/// clock.advance(by: .seconds(60))
/// ```
/// A moved clock wakes tasks, and they run when they run: before it moves on again, a test waits for what they do, or until
/// they sleep again. A subscription sleeps as well while it watches over the timeout of a handler that may begin.
public final class ManualClock: Clock {
    /// A moment of a manual clock.
    public struct Instant: InstantProtocol, CustomStringConvertible {
        /// How long after the clock was made.
        public let elapsed: Duration

        /// The moment that is so much later.
        public func advanced(by duration: Duration) -> Instant {
            Instant(elapsed: MonotonicTime(elapsed).advanced(by: duration).elapsed)
        }

        /// How long it is to another moment; negative where that is earlier.
        public func duration(to other: Instant) -> Duration {
            other.elapsed - elapsed
        }

        /// Whether one moment is before another.
        public static func < (left: Instant, right: Instant) -> Bool {
            left.elapsed < right.elapsed
        }

        /// The time since the clock was made.
        public var description: String { "\(elapsed)" }
    }

    private let held = HeldClock()

    /// Creates a clock that stands at its first moment.
    public init() {}

    /// The moment at which it stands.
    public var now: Instant { Instant(elapsed: held.now.elapsed) }

    /// A nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Suspends until the clock was moved to `deadline`, or beyond.
    ///
    /// - Parameters:
    ///   - deadline: the moment.
    ///   - tolerance: without effect.
    /// - Throws: `CancellationError` when the task is cancelled first.
    public func sleep(until deadline: Instant, tolerance: Duration? = nil) async throws {
        try await held.sleep(until: MonotonicTime(deadline.elapsed))
    }

    // MARK: - Moving

    /// Moves time on, and wakes whoever was waiting for it; a negative duration moves nothing.
    ///
    /// - Parameter duration: how far.
    public func advance(by duration: Duration) {
        held.advance(by: duration)
    }

    /// Moves time on to the moment when the next sleeper wakes.
    ///
    /// - Returns: how far it was; `nil` when nobody sleeps, and nothing moves.
    @discardableResult
    public func advanceToNextWakeUp() -> Duration? {
        guard let duration = sleepers.first else { return nil }
        held.advance(by: duration)
        return duration
    }

    // MARK: - Who sleeps

    /// How long each sleeper has still to sleep, the shortest first.
    public var sleepers: [Duration] {
        let now = held.now
        return held.wakeUps.map { now.duration(until: $0) }
    }

    /// Waits until at least so many sleep.
    ///
    /// - Parameters:
    ///   - count: how many.
    ///   - limit: how long to wait for them, by the machine's clock.
    /// - Throws: ``WarrenTestingError`` with `.timedOut` when there are fewer, `CancellationError`.
    public func sleepers(atLeast count: Int, within limit: Duration = .seconds(10)) async throws {
        try await eventually("\(count) sleep", within: limit) { sleepers.count >= count }
    }

    /// Waits until somebody sleeps who will wake in exactly so long.
    ///
    /// - Parameters:
    ///   - duration: how long, from where the clock stands.
    ///   - limit: how long to wait for that, by the machine's clock.
    /// - Throws: ``WarrenTestingError`` with `.timedOut` when nobody does, `CancellationError`.
    public func sleeper(for duration: Duration, within limit: Duration = .seconds(10)) async throws {
        try await eventually("somebody sleeps for \(duration)", within: limit) { sleepers.contains(duration) }
    }
}

extension MonotonicTime {
    fileprivate init(_ elapsed: Duration) {
        self = MonotonicTime(nanoseconds: 0).advanced(by: elapsed)
    }

    fileprivate var elapsed: Duration { .nanoseconds(nanoseconds) }
}
