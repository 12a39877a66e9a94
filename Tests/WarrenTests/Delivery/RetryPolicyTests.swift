import Testing
import WarrenRuntime

@testable import Warren

@Suite("A retry policy")
struct RetryPolicyTests {
    private static let durations: [Duration] = [
        .zero, .nanoseconds(1), .nanoseconds(-1), .milliseconds(1), .seconds(1), .seconds(30), .seconds(3600),
        .seconds(Int64.max), .seconds(Int64.min), Duration(secondsComponent: .max, attosecondsComponent: .max),
        .nanoseconds(Int64.max), .nanoseconds(Int64.min),
    ]
    private static let multipliers = [
        1, 2, 0.5, 0, -1, 1.000001, 100, 101, .infinity, -.infinity, .nan, .greatestFiniteMagnitude,
        .leastNonzeroMagnitude,
    ]
    private static let counts = [Int.min, -1, 0, 1, 2, 3, 1_000_000, 1_000_001, .max - 1, .max]

    @Test("takes any value without a trap: it makes sense or says why not, and no wait is longer than its longest")
    func extremes() {
        var valid = 0
        for maxAttempts in Self.counts {
            for initial in Self.durations {
                for multiplier in Self.multipliers {
                    for longest in Self.durations {
                        let policy = RetryPolicy.exponential(
                            maxAttempts: maxAttempts,
                            initial: initial,
                            multiplier: multiplier,
                            max: longest
                        )
                        let isValid = policy.objection == nil
                        if isValid { valid += 1 }
                        for attempt in Self.counts {
                            guard let delay = policy.delay(after: attempt) else { continue }
                            #expect(attempt < maxAttempts && delay >= .zero)
                            if isValid, attempt >= 1 { #expect(delay >= min(initial, longest) && delay <= longest) }
                        }
                    }
                }
            }
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

    @Test("that grows doubles its waits up to the longest")
    func exponential() {
        let policy = RetryPolicy.exponential(maxAttempts: 8)
        let waits = (1...8).map { policy.delay(after: $0) }
        #expect(
            waits == [
                .seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16), .seconds(30), .seconds(30), nil,
            ]
        )
        #expect(RetryPolicy.none.delay(after: 1) == nil)
    }

    @Test("says what makes no sense")
    func objections() {
        #expect(RetryPolicy.immediate(-1).objection == "0 attempts, but 1 to 1,000,000 make sense")
        #expect(RetryPolicy.immediate(.max).objection?.hasSuffix("attempts, but 1 to 1,000,000 make sense") == true)
        let short = RetryPolicy.exponential(maxAttempts: 2, initial: .seconds(31))
        #expect(short.objection == "a longest wait of 30.0 seconds, which is shorter than the first, 31.0 seconds")
        #expect(
            RetryPolicy.exponential(maxAttempts: 2, multiplier: .nan).objection?.hasPrefix("a multiplier of nan")
                == true
        )
    }
}
