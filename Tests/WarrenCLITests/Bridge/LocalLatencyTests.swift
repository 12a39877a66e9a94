import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

@Suite("The hybrid bus, timed")
struct LocalLatencyTests {
    private struct Here: Event {
        static let type = "here.and.now"
        var number: Int
    }

    private struct Everywhere: Event {
        static let type = "Order.Paid"
        var number: Int
    }

    /// The median and the 99th percentile of so many publishes to this process, one after the other.
    private func latency(_ bus: HybridEventBus) async throws -> (median: Duration, p99: Duration) {
        let clock = ContinuousClock()
        var times: [Duration] = []
        for number in 0..<5000 {
            times.append(try await clock.measure { try await bus.publish(Here(number: number)) })
        }
        times.sort()
        return (times[times.count / 2], times[times.count * 99 / 100])
    }

    @Test("an event of the process takes no longer when the broker stands still")
    func latency() async throws {
        try await withBreakableBroker { broker, url in
            let bus = HybridEventBus(
                local: try MemoryEventBus(service: "here"),
                remote: try RabbitMQEventBus(url: url, service: "here"),
                rules: [try RoutingRule("here.#", reach: .local)]
            )
            _ = try bus.observe("here.#") { _, _ in }
            let run = Task { try await bus.run() }
            try await bus.publish(Everywhere(number: 0))
            // All the while others wait for the broker.
            let others = Task {
                await withTaskGroup { group in
                    for number in 0..<50 {
                        group.addTask { while (try? await bus.publish(Everywhere(number: number))) != nil {} }
                    }
                }
            }
            let healthy = try await latency(bus)
            try broker.nodes[0].suspend()
            let alone = try await latency(bus)
            try broker.nodes[0].resume()
            try await eventually("all are seen") { bus.statistics.observed + bus.statistics.overflowed == 10_000 }
            others.cancel()
            run.cancel()
            await others.value
            try await run.value
            // Generous, since tests share the machine; who waits for the broker waits for seconds.
            #expect(alone.median <= healthy.median * 5 + .milliseconds(1), "\(healthy) and \(alone)")
            #expect(alone.p99 <= healthy.p99 * 10 + .milliseconds(20), "\(healthy) and \(alone)")
        }
    }
}
