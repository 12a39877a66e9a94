import Testing
import WarrenRuntime

@Suite("Back-off")
struct BackoffTests {
    @Test("The ceiling grows by the multiplier up to the maximum")
    func ceilings() {
        let backoff = Backoff(initial: .seconds(1), maximum: .seconds(30), multiplier: 3)
        #expect((1...6).map(backoff.ceiling) == [1, 3, 9, 27, 30, 30].map(Duration.seconds))
    }

    @Test("A delay is anything from zero to its ceiling")
    func jitter() {
        let backoff = Backoff(initial: .milliseconds(100), maximum: .seconds(5))
        let delays = (0..<1000).map { _ in backoff.delay(attempt: 3) }
        #expect(delays.allSatisfy { $0 >= .zero && $0 <= .milliseconds(400) })
        // Full jitter: a thousand of them come near both ends.
        #expect(delays.contains { $0 < .milliseconds(40) } && delays.contains { $0 > .milliseconds(360) })
    }

    @Test("The generator decides, and only the generator")
    func deterministic() {
        struct Sequence: RandomNumberGenerator {
            var state: UInt64
            mutating func next() -> UInt64 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return state
            }
        }
        let backoff = Backoff(initial: .seconds(1), maximum: .seconds(30))
        func delays(seed: UInt64) -> [Duration] {
            var generator = Sequence(state: seed)
            return (1...5).map { backoff.delay(attempt: $0, using: &generator) }
        }
        #expect(delays(seed: 1) == delays(seed: 1))
        #expect(delays(seed: 1) != delays(seed: 2))
    }

    private static let durations: [Duration] = [
        .zero, .nanoseconds(1), .seconds(-5), .nanoseconds(Int64.max), .nanoseconds(Int64.min),
        Duration(secondsComponent: .max, attosecondsComponent: 0),
        Duration(secondsComponent: .min, attosecondsComponent: 0),
    ]
    private static let multipliers: [Double] = [
        2, 1, 0, -1, 0.5, 1e308, .leastNonzeroMagnitude, .infinity, -.infinity, .nan, 1.000000001,
    ]

    @Test("No configuration and no attempt number traps, or waits longer than the maximum", arguments: durations)
    func absurd(initial: Duration) {
        for maximum in Self.durations {
            for multiplier in Self.multipliers {
                let backoff = Backoff(initial: initial, maximum: maximum, multiplier: multiplier)
                #expect(backoff.initial >= .zero)
                #expect(backoff.maximum >= backoff.initial)
                for attempt in [Int.min, -1, 0, 1, 2, 68, 1000, Int(Int32.max)] {
                    let ceiling = backoff.ceiling(attempt: attempt)
                    #expect(ceiling >= .zero && ceiling <= backoff.maximum)
                    let delay = backoff.delay(attempt: attempt)
                    #expect(delay >= .zero && delay <= ceiling)
                }
            }
        }
    }

    @Test("The last attempt there is, is computed at once", arguments: multipliers)
    func lastAttempt(multiplier: Double) {
        let backoff = Backoff(initial: .nanoseconds(1), maximum: .seconds(3600), multiplier: multiplier)
        #expect(backoff.ceiling(attempt: .max) <= .seconds(3600))
    }

    @Test("A nonsensical multiplier becomes a sensible one", arguments: [Double.nan, .infinity, -.infinity])
    func multiplier(multiplier: Double) {
        let backoff = Backoff(initial: .seconds(1), maximum: .seconds(60), multiplier: multiplier)
        #expect(backoff.ceiling(attempt: 3) == .seconds(4))
    }
}
