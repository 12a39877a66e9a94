/// A moment on a clock that never goes back, in nanoseconds since an unspecified start.
///
/// Arithmetic saturates: no duration, however absurd, can trap it.
package struct MonotonicTime: Sendable, Hashable, Comparable {
    package let nanoseconds: Int64

    package init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// A moment that never comes.
    package static let distantFuture = MonotonicTime(nanoseconds: .max)

    /// A moment before all others.
    package static let distantPast = MonotonicTime(nanoseconds: .min)

    package func advanced(by duration: Duration) -> MonotonicTime {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.saturatedNanoseconds)
        guard overflow else { return MonotonicTime(nanoseconds: sum) }
        return MonotonicTime(nanoseconds: duration < .zero ? .min : .max)
    }

    /// How long from `self` to `other`; never negative.
    package func nanoseconds(until other: MonotonicTime) -> Int64 {
        guard other > self else { return 0 }
        let (difference, overflow) = other.nanoseconds.subtractingReportingOverflow(nanoseconds)
        return overflow ? .max : difference
    }

    package func duration(until other: MonotonicTime) -> Duration {
        .nanoseconds(nanoseconds(until: other))
    }

    package static func < (left: MonotonicTime, right: MonotonicTime) -> Bool {
        left.nanoseconds < right.nanoseconds
    }
}

extension Duration {
    /// The duration in nanoseconds, clamped to what 64 bits hold.
    package var saturatedNanoseconds: Int64 {
        // Not by `components`, which trap where the seconds alone take more than 64 bits.
        Int64(clamping: attoseconds / 1_000_000_000)
    }
}
