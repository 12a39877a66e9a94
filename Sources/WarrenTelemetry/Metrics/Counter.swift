import Synchronization

/// A number that only grows.
package struct Counter: Sendable {
    let cell: CounterCell?

    /// Counts nothing.
    package static let none = Counter(cell: nil)

    package func increment(by amount: UInt64 = 1) {
        cell?.count.wrappingAdd(amount, ordering: .relaxed)
    }

    package var value: UInt64 { cell?.count.load(ordering: .relaxed) ?? 0 }
}

final class CounterCell: Sendable {
    let count = Atomic<UInt64>(0)

    func samples(_ name: String, _ labels: Metrics.Labels) -> [MetricSample] {
        [MetricSample(name: name, labels: labels, value: Double(count.load(ordering: .relaxed)))]
    }
}
