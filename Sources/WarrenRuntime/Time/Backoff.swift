/// Exponential back-off with full jitter: attempt `n` waits a random time between zero and
/// `initial * multiplier^(n-1)`, at most `maximum`.
///
/// Every input is clamped to a sane range, so no configuration and no attempt number can trap it.
package struct Backoff: Sendable, Hashable {
    package let initial: Duration
    package let maximum: Duration
    package let multiplier: Double

    package init(initial: Duration, maximum: Duration, multiplier: Double = 2) {
        self.initial = max(.zero, initial)
        self.maximum = max(self.initial, maximum)
        self.multiplier = multiplier.isFinite ? min(max(multiplier, 1), 100) : 2
    }

    /// The longest that attempt `attempt` (from 1) may wait.
    package func ceiling(attempt: Int) -> Duration {
        let limit = Double(maximum.saturatedNanoseconds)
        var nanoseconds = Double(initial.saturatedNanoseconds)
        var remaining = max(0, attempt - 1)
        while remaining > 0 && nanoseconds < limit && nanoseconds > 0 && multiplier > 1 {
            nanoseconds *= multiplier
            remaining -= 1
        }
        guard nanoseconds < limit else { return maximum }
        return .nanoseconds(Int64(nanoseconds))
    }

    /// How long attempt `attempt` (from 1) waits.
    package func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        let ceiling = ceiling(attempt: attempt).saturatedNanoseconds
        return .nanoseconds(Int64.random(in: 0...max(0, ceiling), using: &generator))
    }

    package func delay(attempt: Int) -> Duration {
        var generator = SystemRandomNumberGenerator()
        return delay(attempt: attempt, using: &generator)
    }
}
