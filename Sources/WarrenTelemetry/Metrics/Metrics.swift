/// Counters, gauges and histograms by name and labels.
///
/// Ask for a handle once and keep it: asking takes a lock, using the handle is an atomic operation or two. Asking again
/// for the same name and labels gives a handle of the same series.
package struct Metrics: Sendable {
    /// Label names and their values.
    package typealias Labels = [String: String]

    private let registry: MetricsRegistry?

    /// Counts nothing and keeps nothing.
    package static let none = Metrics(registry: nil)

    /// Keeps up to `seriesLimit` series.
    ///
    /// Handles beyond count nothing, and the sample `metrics_series_refused` says how often one was asked for.
    package static func recording(seriesLimit: Int = 10_000) -> Metrics {
        Metrics(registry: MetricsRegistry(limit: seriesLimit))
    }

    private init(registry: MetricsRegistry?) {
        self.registry = registry
    }

    /// A number that only grows: messages published, failures.
    package func counter(_ name: String, labels: Labels = [:]) -> Counter {
        guard case .counter(let cell)? = registry?.cell(name, labels, { .counter(CounterCell()) }) else { return .none }
        return Counter(cell: cell)
    }

    /// A number that goes up and down: messages in flight, open connections.
    package func gauge(_ name: String, labels: Labels = [:]) -> Gauge {
        guard case .gauge(let cell)? = registry?.cell(name, labels, { .gauge(GaugeCell()) }) else { return .none }
        return Gauge(cell: cell)
    }

    /// How often a value was at most each of `bounds`: durations, sizes.
    ///
    /// The bounds of the first handle of a series hold for all of them.
    package func histogram(
        _ name: String,
        labels: Labels = [:],
        bounds: [Double] = Histogram.secondsBounds
    ) -> Histogram {
        let cell = registry?.cell(name, labels) { .histogram(HistogramCell(bounds: bounds)) }
        guard case .histogram(let cell)? = cell else { return .none }
        return Histogram(cell: cell)
    }

    /// Every series as it stands, by name and labels.
    package var samples: [MetricSample] { registry?.samples ?? [] }

    /// Every sample on a line of its own: `published_total{outcome="acked"} 12`.
    package var text: String { samples.map { "\($0)\n" }.joined() }
}
