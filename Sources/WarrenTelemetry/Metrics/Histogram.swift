import Synchronization

/// How often a value was at most each of some bounds, and the sum of all values.
package struct Histogram: Sendable {
    /// Half a millisecond to half a minute, for durations in seconds.
    package static let secondsBounds = [
        0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
    ]

    let cell: HistogramCell?

    /// Records nothing.
    package static let none = Histogram(cell: nil)

    /// Records a value; one that is not finite is dropped.
    package func record(_ value: Double) {
        cell?.record(value)
    }

    /// Records a duration, in seconds.
    package func record(_ duration: Duration) {
        record(Double(duration.attoseconds) * 1e-18)
    }

    package var count: UInt64 { cell?.count ?? 0 }
}

final class HistogramCell: Sendable {
    /// Values up to and including `bound`, and above the bound before.
    private final class Bucket: Sendable {
        let bound: Double
        let count = Atomic<UInt64>(0)

        init(bound: Double) {
            self.bound = bound
        }
    }

    /// By bound; the last one takes what is above all bounds.
    private let buckets: [Bucket]
    /// The bit pattern of a `Double`.
    private let sum = Atomic<UInt64>(0)

    init(bounds: [Double]) {
        let finite = Set(bounds.filter(\.isFinite)).sorted()
        buckets = (finite + [.infinity]).map(Bucket.init)
    }

    var count: UInt64 { buckets.reduce(0) { $0 &+ $1.count.load(ordering: .relaxed) } }

    func record(_ value: Double) {
        guard value.isFinite, let bucket = buckets.first(where: { value <= $0.bound }) else { return }
        bucket.count.wrappingAdd(1, ordering: .relaxed)
        var expected = sum.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: expected) + value).bitPattern
            let (isDone, current) = sum.weakCompareExchange(expected: expected, desired: new, ordering: .relaxed)
            if isDone { return }
            expected = current
        }
    }

    /// The buckets add up, as in the text format of Prometheus: `le` is the bound they go to.
    func samples(_ name: String, _ labels: Metrics.Labels) -> [MetricSample] {
        var total: UInt64 = 0
        var samples = buckets.map { bucket in
            total &+= bucket.count.load(ordering: .relaxed)
            var labels = labels
            labels["le"] = bucket.bound.isInfinite ? "+Inf" : MetricSample.text(bucket.bound)
            return MetricSample(name: "\(name)_bucket", labels: labels, value: Double(total))
        }
        let sum = Double(bitPattern: sum.load(ordering: .relaxed))
        samples.append(MetricSample(name: "\(name)_sum", labels: labels, value: sum))
        samples.append(MetricSample(name: "\(name)_count", labels: labels, value: Double(total)))
        return samples
    }
}
