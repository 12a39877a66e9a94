import Testing
import WarrenTelemetry

@Suite("Metrics")
struct MetricsTests {
    private let metrics = Metrics.recording()

    @Test("A counter counts what many tasks count")
    func counter() async {
        let counter = metrics.counter("published_total")
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { counter.increment() } }
            }
        }
        counter.increment(by: 5)
        #expect(counter.value == 80_005)
    }

    @Test("A gauge is set and changed, up and down")
    func gauge() {
        let gauge = metrics.gauge("in_flight")
        gauge.set(3)
        gauge.add(-5)
        #expect(gauge.value == -2)
    }

    @Test("Handles of one name and labels share a series, others do not")
    func series() {
        metrics.counter("a", labels: ["x": "1", "y": "2"]).increment()
        metrics.counter("a", labels: ["y": "2", "x": "1"]).increment()
        metrics.counter("a", labels: ["x": "2"]).increment()
        metrics.counter("a").increment()
        #expect(metrics.text == "a 1\na{x=\"1\",y=\"2\"} 2\na{x=\"2\"} 1\n")
    }

    @Test("A histogram counts a value in every bucket whose bound it does not pass")
    func histogram() {
        let histogram = metrics.histogram("seconds", labels: ["q": "a"], bounds: [2, 0.5, 1, .nan, 1])
        for value in [0.5, 0.75, 1, 3, -1] { histogram.record(value) }
        histogram.record(.milliseconds(1250))
        #expect(histogram.count == 6)
        #expect(
            metrics.text == """
                seconds_bucket{le="0.5",q="a"} 2
                seconds_bucket{le="1",q="a"} 4
                seconds_bucket{le="2",q="a"} 5
                seconds_bucket{le="+Inf",q="a"} 6
                seconds_sum{q="a"} 5.5
                seconds_count{q="a"} 6

                """
        )
    }

    @Test("A value that is not finite is dropped", arguments: [Double.nan, .infinity, -.infinity, .signalingNaN])
    func notFinite(value: Double) {
        let histogram = metrics.histogram("h")
        histogram.record(value)
        #expect(histogram.count == 0)
        #expect(metrics.samples.last == MetricSample(name: "h_count", labels: [:], value: 0))
    }

    @Test("The sum of a histogram loses nothing to concurrency")
    func sum() async {
        let histogram = metrics.histogram("h", bounds: [])
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { histogram.record(2) } }
            }
        }
        #expect(metrics.text == "h_bucket{le=\"+Inf\"} 80000\nh_sum 160000\nh_count 80000\n")
    }

    @Test("Label values are escaped, so each sample stays on its line")
    func escaping() {
        metrics.gauge("g", labels: ["a": "x\"\\\n\r\ny"]).set(1)
        #expect(metrics.text == "g{a=\"x\\\"\\\\\\n\\ny\"} 1\n")
    }

    @Test("There is a bound to the series, and what was refused is told")
    func limit() {
        let metrics = Metrics.recording(seriesLimit: 2)
        for number in 0..<5 { metrics.counter("c", labels: ["n": "\(number)"]).increment() }
        metrics.counter("c", labels: ["n": "1"]).increment()
        #expect(metrics.text == "c{n=\"0\"} 1\nc{n=\"1\"} 2\nmetrics_series_refused 3\n")
    }

    @Test("A name that is already another kind of metric is refused")
    func kinds() {
        metrics.counter("c").increment()
        metrics.gauge("c").set(9)
        metrics.histogram("c").record(1.0)
        #expect(metrics.text == "c 1\nmetrics_series_refused 2\n")
    }

    @Test("Metrics that nobody keeps count nothing")
    func none() {
        let counter = Metrics.none.counter("c")
        counter.increment()
        Metrics.none.gauge("g").set(1)
        Metrics.none.histogram("h").record(1.0)
        #expect(counter.value == 0)
        #expect(Metrics.none.text.isEmpty)
    }
}
