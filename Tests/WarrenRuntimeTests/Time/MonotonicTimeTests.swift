import Testing
import WarrenRuntime

@Suite("Monotonic time")
struct MonotonicTimeTests {
    private static let longest = Duration(secondsComponent: .max, attosecondsComponent: 999_999_999_999_999_999)
    private static let shortest = Duration(secondsComponent: .min, attosecondsComponent: 0)

    @Test(
        "Adding a duration saturates instead of overflowing",
        arguments: [
            (0, .nanoseconds(5), 5),
            (5, .nanoseconds(-7), -2),
            (.max - 1, .nanoseconds(1), .max),
            (.max, .nanoseconds(1), .max),
            (.min, .nanoseconds(-1), .min),
            (.max, longest, .max),
            (0, longest, .max),
            (-1, longest, .max - 1),
            (0, shortest, .min),
            (.max, shortest, -1),
            (0, .zero, 0),
        ] as [(Int64, Duration, Int64)]
    )
    func advanced(start: Int64, duration: Duration, expected: Int64) {
        #expect(MonotonicTime(nanoseconds: start).advanced(by: duration).nanoseconds == expected)
    }

    @Test(
        "The way to another moment is never negative and never overflows",
        arguments: [
            (0, 5, 5),
            (5, 0, 0),
            (5, 5, 0),
            (-3, 4, 7),
            (.min, .max, .max),
            (.max, .min, 0),
            (-1, .max, .max),
        ] as [(Int64, Int64, Int64)]
    )
    func until(start: Int64, end: Int64, expected: Int64) {
        let start = MonotonicTime(nanoseconds: start)
        let end = MonotonicTime(nanoseconds: end)
        #expect(start.nanoseconds(until: end) == expected)
        #expect(start.duration(until: end) == .nanoseconds(expected))
    }

    @Test("Moments are ordered, and the distant future is the last")
    func order() {
        let early = MonotonicTime(nanoseconds: -1)
        let late = MonotonicTime(nanoseconds: 1)
        #expect([.distantFuture, late, early].sorted() == [early, late, .distantFuture])
    }

    @Test(
        "A duration in nanoseconds is clamped to 64 bits",
        arguments: [
            (.seconds(1), 1_000_000_000),
            (.nanoseconds(-1), -1),
            (.microseconds(-1500), -1_500_000),
            (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
            (.seconds(9_223_372_036), 9_223_372_036_000_000_000),
            (.nanoseconds(Int64.max), .max),
            (.nanoseconds(Int64.min), .min),
            (.nanoseconds(Int64.max) + .nanoseconds(1), .max),
            (.nanoseconds(Int64.min) - .nanoseconds(1), .min),
            (longest, .max),
            (shortest, .min),
            (Duration(attoseconds: .max), .max),
            (Duration(attoseconds: .min), .min),
        ] as [(Duration, Int64)]
    )
    func saturated(duration: Duration, expected: Int64) {
        #expect(duration.saturatedNanoseconds == expected)
    }
}
