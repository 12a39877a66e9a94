import AMQP
import Foundation
import Testing
import Warren
import WarrenRabbitMQ
import WarrenRuntime
import WarrenTesting

@Suite("A hybrid bus")
struct HybridEventBusTests {
    private struct LoggedIn: Event, Equatable {
        static let type = "user.logged_in"
        var user: Int
    }

    private struct Measured: Event, Equatable {
        static let type = "metrics.measured"
        var value: Int
    }

    /// Stays here.
    private struct Visited: Event {
        static let type = "user.visited"
        var user: Int
    }

    /// Goes out.
    private struct Noticed: Event {
        static let type = "metrics.noticed"
        var value: Int
    }

    private static func rules() throws -> [RoutingRule] {
        [
            try RoutingRule("user.logged_in", "user.visited", reach: .local),
            try RoutingRule("metrics.#", reach: .remote),
            // Never asked: the rules before it have decided.
            try RoutingRule("user.#", "metrics.#", reach: .both),
        ]
    }

    /// Runs a hybrid bus, one of perhaps several processes of a service.
    private func withHybrid(
        _ url: String,
        publishTimeout: Duration = .seconds(30),
        _ body: (HybridEventBus) async throws -> Void
    ) async throws {
        let bus = HybridEventBus(
            local: try MemoryEventBus(service: "test"),
            remote: try makeBus(url) { $0.publishTimeout = publishTimeout },
            rules: try Self.rules()
        )
        try await running(bus, body)
    }

    @Test("shows an event that goes both ways once to each process, and says that a queue took it")
    func both() async throws {
        try await withVhost { url in
            try await withHybrid(url) { here in
                try await withHybrid(url) { there in
                    let (seenHere, seenThere) = (Shared<[Int]>([]), Shared<[Int]>([]))
                    try await here.observe(OrderPaid.self) { event, _ in seenHere.change { $0.append(event.orderID) } }
                        .ready()
                    try await there.observe(OrderPaid.self) { event, _ in
                        seenThere.change { $0.append(event.orderID) }
                    }
                    .ready()
                    for order in 1...20 {
                        #expect(try await here.publish(OrderPaid(orderID: order)) == .confirmed(routed: true))
                    }
                    #expect(try await there.publish(OrderPaid(orderID: 21)) == .confirmed(routed: true))
                    try await eventually("all is seen") { seenHere.value.count >= 21 && seenThere.value.count >= 21 }
                    // What came back from the broker came before the last one did.
                    #expect(seenHere.value == Array(1...21) && seenThere.value.sorted() == Array(1...21))
                    #expect(here.statistics.keptLocal == 0 && here.statistics.confirmed == 20)
                }
            }
        }
    }

    @Test("shows an event that only goes out when it comes back, and once")
    func remote() async throws {
        try await withVhost { url in
            try await withHybrid(url) { bus in
                let seen = Shared<[Int]>([])
                try await bus.observe("metrics.*") { envelope, _ in
                    let event = try Occurrence(envelope).decode(as: Measured.self)
                    seen.change { $0.append(event.value) }
                }
                .ready()
                for value in 1...5 {
                    #expect(try await bus.publish(Measured(value: value)) == .confirmed(routed: true))
                }
                try await eventually("all came back") { seen.value == Array(1...5) }
                #expect(bus.local.statistics.observed == 0)
            }
        }
    }

    @Test("keeps an event that stays here from everyone elsewhere")
    func local() async throws {
        try await withVhost { url in
            try await withHybrid(url) { here in
                try await withHybrid(url) { there in
                    let (seen, foreign) = (Shared<[Int]>([]), Shared<[String]>([]))
                    try await here.observe(LoggedIn.self) { event, _ in seen.change { $0.append(event.user) } }.ready()
                    try await there.observe("#") { envelope, _ in foreign.change { $0.append(envelope.eventType) } }
                        .ready()
                    #expect(try await here.publish(LoggedIn(user: 7)) == .local)
                    // One that does go out, behind it: when it is there, so would the other be.
                    try await here.publish(OrderPaid(orderID: 1))
                    try await eventually("the other came") { !foreign.value.isEmpty }
                    #expect(foreign.value == ["Order.Paid"] && seen.value == [7])
                }
            }
        }
    }

    @Test("handles each event once, whichever way it came to the subscription")
    func subscription() async throws {
        try await withVhost { url in
            try await withHybrid(url) { bus in
                let handled = Shared<[String]>([])
                try await bus.subscribe(to: ["#"], as: "everything") { envelope, context in
                    #expect(context.subscription == "everything")
                    handled.change { $0.append(envelope.eventType) }
                }
                .ready()
                for number in 1...10 {
                    try await bus.publish(LoggedIn(user: number))
                    try await bus.publish(OrderPaid(orderID: number))
                    try await bus.publish(Measured(value: number))
                }
                try await eventually("all are handled") { handled.value.count >= 30 }
                try await withClient(url) { client in
                    let waiting = try await client.count("everything")
                    #expect(waiting == 0)
                }
                for type in [LoggedIn.type, OrderPaid.type, Measured.type] {
                    #expect(handled.value.filter { $0 == type }.count == 10)
                }
                #expect(bus.statistics.handled == 30)
            }
        }
    }

    @Test(
        "runs as many handlers at a time as the subscription says, and as the buses do, over both halves",
        arguments: [(concurrency: 1, maxHandlers: 100), (concurrency: 10, maxHandlers: 1)]
    )
    func limits(concurrency: Int, maxHandlers: Int) async throws {
        try await withVhost { url in
            var (local, remote) = (MemoryEventBusConfiguration(), RabbitMQEventBusConfiguration())
            local.limits.maxHandlers = maxHandlers
            remote.limits.maxHandlers = maxHandlers
            let bus = HybridEventBus(
                local: try MemoryEventBus(service: "test", configuration: local),
                remote: try RabbitMQEventBus(url: url, service: "test", configuration: remote),
                rules: try Self.rules()
            )
            let running = Shared((now: 0, most: 0, done: 0))
            let handle = try bus.subscribe(to: ["#"], as: "everything", concurrency: concurrency) { _, _ in
                running.change {
                    $0.now += 1
                    $0.most = max($0.most, $0.now)
                }
                try await Task.sleep(for: .milliseconds(2))
                running.change {
                    $0.now -= 1
                    $0.done += 1
                }
            }
            let run = Task { try await bus.run() }
            try await handle.ready()
            for number in 0..<50 {
                try await bus.publish(OrderPaid(orderID: number))
                try await bus.publish(LoggedIn(user: number))
            }
            try await eventually("all are handled") { running.value.done == 100 }
            #expect(running.value.most == 1)
            run.cancel()
            try await run.value
        }
    }

    @Test("lets a handler publish to its own subscription within the process where publishes wait for handlers")
    func publishingToItself() async throws {
        try await withVhost { url in
            var local = MemoryEventBusConfiguration()
            local.dispatch = .inPlace
            let bus = HybridEventBus(
                local: try MemoryEventBus(service: "test", configuration: local),
                remote: try RabbitMQEventBus(url: url, service: "test"),
                rules: try Self.rules()
            )
            let handled = Shared<[String]>([])
            let handle = try bus.subscribe(to: ["#"], as: "everything") { envelope, _ in
                if envelope.eventType == OrderPaid.type { try await bus.publish(LoggedIn(user: 1)) }
                handled.change { $0.append(envelope.eventType) }
            }
            let run = Task { try await bus.run() }
            try await handle.ready()
            try await bus.publish(OrderPaid(orderID: 1))
            try await eventually("both are handled") { handled.value == [OrderPaid.type, LoggedIn.type] }
            run.cancel()
            try await run.value
        }
    }

    @Test("declares no queue for a subscription all of whose events stay here")
    func noQueue() async throws {
        try await withVhost { url in
            try await withHybrid(url) { bus in
                let handled = Shared(0)
                try await bus.subscribe(LoggedIn.self, as: "logins") { _, _ in handled.change { $0 += 1 } }.ready()
                try await bus.subscribe(OrderPaid.self, as: "orders") { _, _ in }.ready()
                try await bus.publish(LoggedIn(user: 1))
                try await eventually("it is handled") { handled.value == 1 }
                try await withClient(url) { client in
                    let orders = try await client.count("orders")
                    #expect(orders == 0)
                    await #expect(throws: AMQPError.self) { try await client.count("logins") }
                }
            }
        }
    }

    @Test("serves this process while there is no broker, and says of the rest that it is unavailable")
    func noBroker() async throws {
        let port = try ReservedPort()
        try await withHybrid("amqp://127.0.0.1:\(port.number)", publishTimeout: .milliseconds(300)) { bus in
            let (logins, orders) = (Shared(0), Shared(0))
            try bus.observe(OrderPaid.self) { _, _ in orders.change { $0 += 1 } }
            try bus.subscribe(LoggedIn.self, as: "logins") { _, _ in logins.change { $0 += 1 } }
            let error = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
            #expect(error?.code == .unavailable)
            for user in 1...100 { #expect(try await bus.publish(LoggedIn(user: user)) == .local) }
            try await eventually("local events are handled") { logins.value == 100 }
            // It was shown before the broker could answer.
            try await eventually("the observer has seen it") { orders.value == 1 }
        }
    }

    @Test(
        "lets a handler at work at the end publish every way there is, whichever half it works for",
        arguments: [Measured.type, LoggedIn.type]
    )
    func publishingAtTheEnd(type: String) async throws {
        try await withVhost { url in
            let bus = HybridEventBus(
                local: try MemoryEventBus(service: "test"),
                remote: try RabbitMQEventBus(url: url, service: "test"),
                rules: try Self.rules()
            )
            let (begun, mayPublish, published) = (Shared(0), StopSignal(), Shared(0))
            let handle = try bus.subscribe(to: [type], as: "late") { _, _ in
                begun.change { $0 += 1 }
                await mayPublish.wait()
                // Long enough for whatever would close too early.
                for number in 0..<50 {
                    try await bus.publish(OrderPaid(orderID: number))
                    try await bus.publish(Visited(user: number))
                    try await bus.publish(Noticed(value: number))
                    published.change { $0 += 1 }
                    try await Task.sleep(for: .milliseconds(10))
                }
            }
            let run = Task { try await bus.run() }
            try await handle.ready()
            try await bus.publish(LoggedIn(user: 1))
            try await bus.publish(Measured(value: 1))
            try await eventually("it is at work") { begun.value == 1 }
            run.cancel()
            mayPublish.stop()
            try await run.value
            #expect(published.value == 50)
            let statistics = bus.statistics
            #expect(statistics.handled == 1 && statistics.failed == 0 && statistics.deadLettered == 0)
        }
    }

    @Test("gives the reason why a half cannot go on, and ends the other")
    func refused() async throws {
        try await withVhost { url in
            let wrong = url.replacingOccurrences(of: "guest:guest", with: "guest:wrong")
            let bus = HybridEventBus(
                local: try MemoryEventBus(service: "test"),
                remote: try RabbitMQEventBus(url: wrong, service: "test")
            )
            let error = await failure { try await bus.run() }
            #expect(error?.code == .unavailable && error?.message.contains("refused the login") == true)
            #expect(await failure { try await bus.local.publish(LoggedIn(user: 1)) }?.code == .closed)
        }
    }
}
