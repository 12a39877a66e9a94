import WarrenRuntime

/// The series of one ``Metrics``.
final class MetricsRegistry: Sendable {
    enum Cell {
        case counter(CounterCell)
        case gauge(GaugeCell)
        case histogram(HistogramCell)

        var kind: Int {
            switch self {
            case .counter: 0
            case .gauge: 1
            case .histogram: 2
            }
        }
    }

    private struct Series: Hashable {
        let name: String
        let labels: Metrics.Labels
    }

    private struct State {
        var cells: [Series: Cell] = [:]
        var refused: UInt64 = 0
    }

    private let limit: Int
    private let state = Locked(State())

    init(limit: Int) {
        self.limit = limit
    }

    /// The cell of a series, made when it is new; `nil`, and counted, when there are too many or it is of another kind.
    func cell(_ name: String, _ labels: Metrics.Labels, _ make: () -> Cell) -> Cell? {
        let series = Series(name: name, labels: labels)
        let new = make()
        return state.withLock { state in
            if let cell = state.cells[series], cell.kind == new.kind { return cell }
            guard state.cells[series] == nil, state.cells.count < limit else {
                state.refused += 1
                return nil
            }
            state.cells[series] = new
            return new
        }
    }

    var samples: [MetricSample] {
        let (cells, refused) = state.withLock { ($0.cells, $0.refused) }
        var samples = cells.map { series, cell in
            switch cell {
            case .counter(let cell): cell.samples(series.name, series.labels)
            case .gauge(let cell): cell.samples(series.name, series.labels)
            case .histogram(let cell): cell.samples(series.name, series.labels)
            }
        }
        samples.sort { $0[0].description < $1[0].description }
        if refused > 0 {
            samples.append([MetricSample(name: "metrics_series_refused", labels: [:], value: Double(refused))])
        }
        return samples.flatMap(\.self)
    }
}
