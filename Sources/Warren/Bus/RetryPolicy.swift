internal import WarrenRuntime

/// How often and when a failed event is tried again, and after which errors.
///
/// ```swift
/// .none                                                          // what fails is a dead letter at once
/// .immediate(2)                                                  // at once, twice
/// .fixed(maxAttempts: 5, delay: .seconds(10))                    // every 10 s
/// .exponential(maxAttempts: 6, initial: .seconds(1), max: .seconds(30))   // after 1, 2, 4, 8, 16 s
///     .neverRetrying(InvalidOrder.self)                          // but such an error makes a dead letter at once
/// ```
/// Rules about errors add up: an error that one of them excludes is not retried. They judge what a handler throws; one that
/// took too long, or asked for another attempt itself, is retried in any case.
///
/// Waits have no jitter, and are never shorter than the policy says. In memory, and at a broker where they are shorter
/// than a second, they are spent in the process that holds the event: it keeps its place, and the handler's. Longer ones
/// are spent at the broker, in whole seconds, and other events go on meanwhile; what is left of a wait of 1.5 s is spent in the
/// handler's place again.
public struct RetryPolicy: Sendable {
    /// The longest wait, whatever a policy or a handler says: a day.
    public static let longestWait = Duration.seconds(86_400)

    /// How often an event is tried in all, the first attempt included.
    public let maxAttempts: Int

    private let initial: Duration
    private let multiplier: Double
    private let maximum: Duration

    /// Each says of an error that no further attempt would end better; see `RetryPolicy+Errors.swift`.
    var permanence: [@Sendable (any Error) -> Bool] = []

    private init(maxAttempts: Int, initial: Duration, multiplier: Double, maximum: Duration) {
        self.maxAttempts = maxAttempts
        self.initial = initial
        self.multiplier = multiplier
        self.maximum = maximum
    }

    /// Never: what fails is a dead letter at once.
    public static let none = immediate(0)

    /// At once, up to so many times after the first attempt.
    ///
    /// - Parameter retries: how many attempts follow the first.
    /// - Returns: the policy; whether it makes sense is said when it is used.
    public static func immediate(_ retries: Int) -> RetryPolicy {
        let (attempts, overflow) = retries.addingReportingOverflow(1)
        return fixed(maxAttempts: overflow ? .max : attempts, delay: .zero)
    }

    /// After the same wait each time.
    ///
    /// - Parameters:
    ///   - maxAttempts: how often in all, the first attempt included.
    ///   - delay: the wait after each failure, up to ``longestWait``.
    /// - Returns: the policy; whether it makes sense is said when it is used.
    public static func fixed(maxAttempts: Int, delay: Duration) -> RetryPolicy {
        RetryPolicy(maxAttempts: maxAttempts, initial: delay, multiplier: 1, maximum: delay)
    }

    /// After `initial`, then after `multiplier` times as long each time, but never longer than `max`.
    ///
    /// - Parameters:
    ///   - maxAttempts: how often in all, the first attempt included.
    ///   - initial: the wait after the first attempt.
    ///   - multiplier: by how much each wait is longer than the one before, 1 to 100.
    ///   - max: the longest wait, up to ``longestWait``.
    /// - Returns: the policy; whether it makes sense is said when it is used.
    public static func exponential(
        maxAttempts: Int,
        initial: Duration = .seconds(1),
        multiplier: Double = 2,
        max: Duration = .seconds(30)
    ) -> RetryPolicy {
        RetryPolicy(maxAttempts: maxAttempts, initial: initial, multiplier: multiplier, maximum: max)
    }

    /// Why the policy makes no sense.
    var objection: String? {
        if !(1...1_000_000).contains(maxAttempts) { return "\(maxAttempts) attempts, but 1 to 1,000,000 make sense" }
        if initial < .zero { return "a wait of \(initial)" }
        if !(multiplier >= 1 && multiplier <= 100) { return "a multiplier of \(multiplier), but 1 to 100 make sense" }
        if maximum < initial { return "a longest wait of \(maximum), which is shorter than the first, \(initial)" }
        if maximum > Self.longestWait { return "a wait of \(maximum), but at most a day makes sense" }
        return nil
    }

    /// How long to wait after attempt `attempt`, from 1, has failed; `nil`: that was the last.
    package func delay(after attempt: Int) -> Duration? {
        guard attempt < maxAttempts else { return nil }
        return Backoff(initial: initial, maximum: maximum, multiplier: multiplier).ceiling(attempt: attempt)
    }
}
