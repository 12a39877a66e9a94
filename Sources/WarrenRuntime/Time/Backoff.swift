import Glibc

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
        let first = Double(initial.saturatedNanoseconds)
        guard first > 0 else { return .zero }
        let nanoseconds = first * pow(multiplier, Double(max(1, attempt) - 1))
        // Beyond the limit it may be infinite, which no integer is.
        guard nanoseconds < Double(maximum.saturatedNanoseconds) else { return maximum }
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
