internal import WarrenRuntime

/// How often and when a failed event is tried again.
///
/// The waits are spent in the process that holds the event: it keeps its place, and the handler's. None is longer than
/// ten minutes, and where a broker has the event all of them together are at most twenty: it takes back what is held too
/// long.
public struct RetryPolicy: Sendable, Hashable {
    /// The longest wait, whatever a policy or a handler says.
    static let longestWait = Duration.seconds(600)

    /// How often an event is tried in all, the first attempt included.
    public let maxAttempts: Int

    private let initial: Duration
    private let multiplier: Double
    private let maximum: Duration

    /// Never: what fails is a dead letter at once.
    public static let none = immediate(0)

    /// At once, up to so many times after the first attempt.
    public static func immediate(_ retries: Int) -> RetryPolicy {
        let (attempts, overflow) = retries.addingReportingOverflow(1)
        return RetryPolicy(maxAttempts: overflow ? .max : attempts, initial: .zero, multiplier: 1, maximum: .zero)
    }

    /// After `initial`, then after `multiplier` times as long each time, but never longer than `max`.
    ///
    /// - Parameters:
    ///   - maxAttempts: how often in all, the first attempt included.
    ///   - initial: the wait after the first attempt.
    ///   - multiplier: by how much each wait is longer than the one before, from 1 on.
    ///   - max: the longest wait.
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
        if initial < .zero { return "a first wait of \(initial)" }
        if !(multiplier >= 1 && multiplier <= 100) { return "a multiplier of \(multiplier), but 1 to 100 make sense" }
        if maximum < initial { return "a longest wait of \(maximum), which is shorter than the first, \(initial)" }
        return nil
    }

    /// How long to wait after attempt `attempt`, from 1, has failed; `nil`: that was the last.
    func delay(after attempt: Int) -> Duration? {
        guard attempt < maxAttempts else { return nil }
        return Backoff(initial: initial, maximum: maximum, multiplier: multiplier).ceiling(attempt: attempt)
    }

    /// How long all waits of an event take together; not counted further than to a little more than `limit`.
    package func wholeWait(upTo limit: Duration) -> Duration {
        var whole = Duration.zero
        var attempt = 1
        while maximum > .zero, whole <= limit, let delay = delay(after: attempt) {
            whole += min(delay, Self.longestWait)
            attempt += 1
        }
        return whole
    }
}
