import Testing
import Warren
import WarrenRabbitMQ
import WarrenRuntime
import WarrenStorage
import WarrenTesting

/// The broker is away while 2,000 events are published, or with `WARREN_FULL=1` 50,000 in 30 s.
@Suite("A hybrid bus whose broker is away at first", .timeLimit(.minutes(10)))
struct OutageTests {
    private struct Here: Event {
        static let type = "here.and.now"
        var sent: Int64
    }

    /// How long events took from their publish to their handler.
    private final class Latencies: Sendable {
        private let times = Locked<[Duration]>([])

        func note(_ event: Here) {
            let time = MonotonicTime(nanoseconds: event.sent).duration(until: SystemClock().now)
            times.withLock { $0.append(time) }
        }

        /// The 99th percentile since the last time it was asked.
        func takeP99() throws -> Duration {
            let times = times.withLock { exchange(&$0, with: []) }.sorted()
            try #require(times.count >= 100)
            return times[times.count * 99 / 100]
        }
    }

    private static let load = scaled(2000, full: 50_000)

    /// Publishes a load in its order: 50 events every 30 ms.
    private func publish(_ ids: Range<Int>, on bus: HybridEventBus) async throws -> Set<PublishReceipt> {
        let clock = SystemClock()
        var (next, receipts) = (clock.now, Set<PublishReceipt>())
        for start in stride(from: ids.lowerBound, to: ids.upperBound, by: 50) {
            var underWay: [PendingReceipt] = []
            for id in start..<min(start + 50, ids.upperBound) {
                let event = try EventEnvelope(OrderPaid(orderID: id))
                underWay.append(try await bus.send(event))
            }
            for pending in underWay { receipts.insert(try await pending.receipt) }
            next = next.advanced(by: .milliseconds(30))
            try await clock.sleep(until: next)
        }
        return receipts
    }

    /// Publishes events that stay here, one every millisecond or so.
    ///
    /// - Returns: how many.
    private func publishHere(on bus: HybridEventBus, until isOver: Shared<Bool>) async throws -> Int {
        var count = 0
        while !isOver.value {
            #expect(try await bus.publish(Here(sent: SystemClock().now.nanoseconds)) == .local)
            count += 1
            try await Task.sleep(for: .milliseconds(1))
        }
        return count
    }

    @Test("keeps all that is published meanwhile, in its order, and what stays here takes no longer")
    func away() async throws {
        try await withSpool { spool, _, proxy in
            proxy.refuse()
            let load = Self.load
            let remote = try makeBus(proxy.url, spool: spool)
            let bus = HybridEventBus(
                local: try MemoryEventBus(service: "test"),
                remote: remote,
                rules: [try RoutingRule("here.#", reach: .local)]
            )
            let (latencies, handlings, isOver) = (Latencies(), Handlings(), Shared(false))
            try bus.observe(Here.self) { event, _ in latencies.note(event) }
            try bus.subscribe(OrderPaid.self, as: "billing") { order, context in handlings.note(order, context) }
            try await running(bus) { bus in
                async let publishing = publishHere(on: bus, until: isOver)
                #expect(try await publish(0..<load, on: bus) == [.spooled])
                #expect(spool.status.count == load && handlings.count == 0)
                let away = try latencies.takeP99()

                try proxy.accept()
                try await eventually("all are handled", within: .seconds(120)) { handlings.count >= load }
                try await eventually("the spool is empty") { remote.hasEmptySpool }
                let draining = try latencies.takeP99()

                #expect(try await publish(load..<(2 * load), on: bus) == [.confirmed(routed: true)])
                let back = try latencies.takeP99()
                isOver.change { $0 = true }
                let count = try await publishing
                try await eventually("all are handled") {
                    let local = bus.local.statistics
                    return handlings.count >= 2 * load && local.observed + local.overflowed == count
                }
                #expect(handlings.ids == Array(0..<(2 * load)))
                print("p99 of \(count): broker away \(away), it takes what waited \(draining), back \(back)")
                // Generous, since tests share the machine; who waits for the broker waits for seconds.
                #expect(away <= back * 10 + .milliseconds(20), "\(away) and \(back)")
            }
        }
    }
}
