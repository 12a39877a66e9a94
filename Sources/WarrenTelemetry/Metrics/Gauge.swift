import Synchronization

/// A number that goes up and down.
package struct Gauge: Sendable {
    let cell: GaugeCell?

    /// Shows nothing.
    package static let none = Gauge(cell: nil)

    package func set(_ value: Int64) {
        cell?.level.store(value, ordering: .relaxed)
    }

    /// Changes the value by `amount`, which may be negative.
    package func add(_ amount: Int64) {
        cell?.level.wrappingAdd(amount, ordering: .relaxed)
    }

    package var value: Int64 { cell?.level.load(ordering: .relaxed) ?? 0 }
}

final class GaugeCell: Sendable {
    let level = Atomic<Int64>(0)

    func samples(_ name: String, _ labels: Metrics.Labels) -> [MetricSample] {
        [MetricSample(name: name, labels: labels, value: Double(level.load(ordering: .relaxed)))]
    }
}
