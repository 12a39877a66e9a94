import Testing
import WarrenRuntime

@testable import Warren

@Suite("A retry policy")
struct RetryPolicyTests {
    private static let durations: [Duration] = [
        .zero, .nanoseconds(1), .nanoseconds(-1), .milliseconds(1), .seconds(1), .seconds(30), .seconds(3600),
        .seconds(86_400), .seconds(86_401), .seconds(Int64.max), .seconds(Int64.min),
        Duration(secondsComponent: .max, attosecondsComponent: .max),
        .nanoseconds(Int64.max), .nanoseconds(Int64.min),
    ]
    private static let multipliers = [
        1, 2, 0.5, 0, -1, 1.000001, 100, 101, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
        .leastNonzeroMagnitude,
    ]
    private static let counts = [Int.min, -1, 0, 1, 2, 3, 1_000_000, 1_000_001, .max - 1, .max]

    /// Asks a policy for everything: it makes sense or says why not, and no wait is shorter or longer than it may be.
    private func check(_ policy: RetryPolicy, _ maxAttempts: Int, _ shortest: Duration, _ longest: Duration) -> Bool {
        let isValid = policy.objection == nil
        #expect(!isValid || (1...1_000_000).contains(maxAttempts) && longest <= RetryPolicy.longestWait)
        for attempt in Self.counts {
            guard let delay = policy.delay(after: attempt) else { continue }
            #expect(attempt < maxAttempts && delay >= .zero)
            if isValid, attempt >= 1 { #expect(delay >= min(shortest, longest) && delay <= longest) }
        }
        return isValid
    }

    @Test("takes any value without a trap: it makes sense or says why not, and no wait is longer than its longest")
    func extremes() {
        var valid = 0
        for maxAttempts in Self.counts {
            for initial in Self.durations {
                if check(.fixed(maxAttempts: maxAttempts, delay: initial), maxAttempts, initial, initial) { valid += 1 }
                for multiplier in Self.multipliers {
                    for longest in Self.durations {
                        let policy = RetryPolicy.exponential(
                            maxAttempts: maxAttempts,
                            initial: initial,
                            multiplier: multiplier,
                            max: longest
                        )
                        if check(policy, maxAttempts, initial, longest) { valid += 1 }
                    }
                }
            }
        }
        #expect(valid > 100)
    }

    @Test("of any random values grows from its first wait to its longest, and never shrinks")
    func random() {
        var generator = SystemRandomNumberGenerator()
        var valid = 0
        for _ in 0..<5000 {
            let maxAttempts = Int.random(in: -3...40, using: &generator)
            // Of every order of magnitude, some of them negative.
            func duration() -> Duration {
                let nanoseconds = Int64.random(in: 0 ... .max, using: &generator) >> Int64.random(in: 0...62)
                return .nanoseconds(Int.random(in: 0..<20, using: &generator) == 0 ? -nanoseconds : nanoseconds)
            }
            let (initial, longest) = (duration(), duration())
            let multiplier = Double.random(in: 0.8...4, using: &generator)
            let policy = RetryPolicy.exponential(
                maxAttempts: maxAttempts,
                initial: initial,
                multiplier: multiplier,
                max: longest
            )
            let makesSense =
                maxAttempts >= 1 && initial >= .zero && multiplier >= 1 && longest >= initial
                && longest <= RetryPolicy.longestWait
            #expect((policy.objection == nil) == makesSense, "\(policy)")
            guard makesSense else { continue }
            valid += 1
            let waits = (1..<max(2, maxAttempts)).compactMap { policy.delay(after: $0) }
            #expect(waits.count == maxAttempts - 1 && policy.delay(after: maxAttempts) == nil)
            #expect(waits.allSatisfy { $0 >= initial && $0 <= longest } && waits == waits.sorted(), "\(policy)")
            #expect(waits.first.map { $0 == initial } ?? true)
        }
        #expect(valid > 100)
    }

    @Test("at once retries at once, so often and no more", arguments: [0, 1, 5])
    func immediate(retries: Int) {
        let policy = RetryPolicy.immediate(retries)
        #expect(policy.objection == nil && policy.maxAttempts == retries + 1)
        #expect(
            (1...retries + 2).map { policy.delay(after: $0) } == Array(repeating: .zero, count: retries) + [nil, nil]
        )
    }

    @Test("that is fixed waits as long each time, and none retries nothing")
    func fixed() {
        let policy = RetryPolicy.fixed(maxAttempts: 4, delay: .milliseconds(1500))
        let wait = Duration.milliseconds(1500)
        #expect(policy.objection == nil && (1...5).map { policy.delay(after: $0) } == [wait, wait, wait, nil, nil])
        #expect(RetryPolicy.none.objection == nil && RetryPolicy.none.delay(after: 1) == nil)
    }

    @Test("that grows doubles its waits up to the longest")
    func exponential() {
        let policy = RetryPolicy.exponential(maxAttempts: 8)
        let waits = (1...8).map { policy.delay(after: $0) }
        #expect(
            waits == [
                .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16), .seconds(30), .seconds(30), nil,
            ]
        )
    }

    @Test("says what makes no sense")
    func objections() {
        #expect(RetryPolicy.immediate(-1).objection == "0 attempts, but 1 to 1,000,000 make sense")
        #expect(RetryPolicy.immediate(.max).objection?.hasSuffix("attempts, but 1 to 1,000,000 make sense") == true)
        #expect(RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(-1)).objection == "a wait of -1.0 seconds")
        let long = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(86_401))
        #expect(long.objection == "a wait of 86401.0 seconds, but at most a day makes sense")
        let short = RetryPolicy.exponential(maxAttempts: 2, initial: .seconds(31))
        #expect(short.objection == "a longest wait of 30.0 seconds, which is shorter than the first, 31.0 seconds")
        #expect(
            RetryPolicy.exponential(maxAttempts: 2, multiplier: .nan).objection?.hasPrefix("a multiplier of nan")
                == true
        )
    }
}
