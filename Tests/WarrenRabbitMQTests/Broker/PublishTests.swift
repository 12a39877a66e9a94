import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Publishing")
    struct Publishing {
        @Test("A publish is confirmed and says whether a queue took it; a type nobody has a queue for is told once")
        func receipts() async throws {
            try await withBus { bus, _ in
                let log = EventLog(bus)
                #expect(try await bus.publish(OrderPaid(orderID: 1)) == .confirmed(routed: false))
                #expect(try await bus.publish(OrderPaid(orderID: 2)) == .confirmed(routed: false))
                try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }.ready()
                #expect(try await bus.publish(OrderPaid(orderID: 3)) == .confirmed(routed: true))
                #expect(try await log.first(.unrouted).subject == "Order.Paid")
                #expect(log.all(.unrouted).count == 1)
                let statistics = bus.statistics
                #expect(statistics.published == 3 && statistics.confirmed == 3 && statistics.unrouted == 2)
            }
        }

        @Test("Where the configuration says that a type must have a queue, none is an error")
        func unroutable() async throws {
            let pattern = try TopicPattern("Order.*")
            try await withBus { configuration in
                configuration.unroutable = [pattern]
            } _: { bus, _ in
                let error = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
                #expect(error?.code == .unroutable)
                #expect(error?.message.contains("Order.Paid") == true && error?.message.contains("312") == true)
                let receipt = try await bus.publish(Foreign())
                #expect(receipt == .confirmed(routed: false))
            }
        }

        @Test("An event is a persistent message with the envelope as its body and its properties beside it")
        func message() async throws {
            try await withBus { bus, url in
                try await withClient(url) { client in
                    try await client.apply([
                        .queue("all", .classic), .exchange("events", .topic), .binding("events", to: "all", "#"),
                    ])
                    try await bus.publish(OrderPaid(orderID: 7), correlationID: "c", metadata: ["k": "v"])
                    let message = try await client.take("all")
                    #expect(message.exchange == "events" && message.routingKey == "Order.Paid")
                    let envelope = try EventEnvelope(
                        carrying: message.message.body,
                        properties: CarriedProperties(routingKey: "")
                    )
                    #expect(envelope.eventType == "Order.Paid" && envelope.correlationID == "c")
                    #expect(envelope.metadata == ["k": "v"] && envelope.source == "test")
                    let properties = message.message.properties
                    #expect(properties.messageID == envelope.eventID && properties.type == "Order.Paid")
                    #expect(properties.appID == "test" && properties.correlationID == "c")
                    #expect(properties.deliveryMode == .persistent && properties.headers.isEmpty)
                    #expect(properties.timestamp != nil && properties.contentType == "application/json")
                }
            }
        }

        @Test("Events sent without waiting come in the order in which they were sent")
        func order() async throws {
            try await withBus { bus, _ in
                let seen = Shared<[Int]>([])
                try await bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                    seen.change { $0.append(order.orderID) }
                }.ready()
                var pending: [PendingReceipt] = []
                for id in 0..<2000 {
                    pending.append(try await bus.send(try EventEnvelope(OrderPaid(orderID: id))))
                }
                for receipt in pending { #expect(try await receipt.receipt == .confirmed(routed: true)) }
                try await eventually("all are handled") { seen.value.count == 2000 }
                #expect(seen.value == Array(0..<2000))
                #expect(bus.statistics.handled == 2000 && bus.statistics.confirmed == 2000)
            }
        }

        @Test("What may not be published is refused before anything is sent")
        func invalid() async throws {
            try await withBus { bus, _ in
                let long = EventEnvelope(
                    eventID: String(repeating: "x", count: 256),
                    type: try EventType("a.b"),
                    source: "s",
                    payload: .null
                )
                let error = await failure { try await bus.publish(long) }
                #expect(error?.code == .invalidEvent && error?.message.contains("event_id") == true)
                #expect(bus.statistics.published == 0)
            }
        }

        @Test("Without run() a publish waits for its timeout and says what is missing")
        func notRunning() async throws {
            try await withVhost { url in
                var configuration = RabbitMQEventBusConfiguration()
                configuration.publishTimeout = .milliseconds(100)
                let bus = try RabbitMQEventBus(url: url, service: "test", configuration: configuration)
                let error = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
                #expect(error?.code == .unavailable && error?.message.contains("run()") == true)
            }
        }

        @Test("A broker that cannot be reached: a publish says why at its timeout, and a cancelled one at once")
        func unreachable() async throws {
            let port = try ReservedPort()
            try await withBus("amqp://guest:guest@127.0.0.1:\(port.number)") { configuration in
                configuration.publishTimeout = .milliseconds(300)
            } _: { bus in
                let error = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
                #expect(error?.code == .unavailable)
                #expect(error?.message.contains("\(port.number)") == true)
                let publish = Task { await failure { try await bus.publish(OrderPaid(orderID: 1)) } }
                publish.cancel()
                #expect(await publish.value?.code == .cancelled)
            }
        }

        @Test("A refused login ends the bus: run(), a waiting publish and ready() all say so")
        func loginRefused() async throws {
            try await withVhost { url in
                let wrong = url.replacing("guest:guest@", with: "guest:wrong@")
                let bus = try RabbitMQEventBus(url: wrong, service: "test")
                let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                let observer = try bus.observe("#") { _, _ in }
                async let publish = failure { try await bus.publish(OrderPaid(orderID: 1)) }
                async let ready = failure { try await handle.ready() }
                async let observing = failure { try await observer.ready() }
                let error = await failure { try await bus.run() }
                #expect(error?.code == .unavailable && error?.message.contains("guest") == true)
                #expect(await publish == error)
                #expect(await ready == error)
                #expect(await observing == error)
                #expect(await failure { try await bus.run() }?.code == .closed)
            }
        }

        @Test("After the end a publish says that the bus has ended")
        func ended() async throws {
            try await withVhost { url in
                let bus = try RabbitMQEventBus(url: url, service: "test")
                let run = Task { try await bus.run() }
                try await bus.publish(OrderPaid(orderID: 1))
                run.cancel()
                try await run.value
                #expect(await failure { try await bus.publish(OrderPaid(orderID: 2)) }?.code == .closed)
                let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                #expect(await failure { try await handle.ready() }?.code == .closed)
            }
        }

        @Test("A full queue that refuses publishes makes them refused")
        func fullQueue() async throws {
            try await withBus { bus, url in
                let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                try await handle.ready()
                handle.cancel()
                let broker = try await LocalBroker.shared()
                try await broker.withPolicy(#"{"max-length":1}"#, queues: "^billing$", url: url) {
                    var refused: EventBusError?
                    try await eventually("a publish is refused") {
                        refused = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
                        return refused != nil
                    }
                    #expect(refused?.code == .refused)
                }
            }
        }

        @Test("Without the permission to publish a lone event is refused; of several nobody knows")
        func noPermission() async throws {
            try await withVhost { url in
                try await withUser(url, write: "^$") { url in
                    try await withBus(url) { bus in
                        for id in 0..<3 {
                            let error = await failure { try await bus.publish(OrderPaid(orderID: id)) }
                            #expect(error?.code == .refused && error?.message.contains("403") == true)
                        }
                        let (first, second) = (
                            try await bus.send(try EventEnvelope(OrderPaid(orderID: 4))),
                            try await bus.send(try EventEnvelope(OrderPaid(orderID: 5)))
                        )
                        #expect(await failure { try await first.receipt }?.code == .unknown)
                        #expect(await failure { try await second.receipt } != nil)
                    }
                }
            }
        }

        @Test("A receipt that nobody waits for, or not to its end, is counted, and keeps no other from being refused")
        func forgottenReceipt() async throws {
            try await withBus { bus, _ in
                try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }.ready()
                _ = try await bus.send(try EventEnvelope(OrderPaid(orderID: 1)))
                let pending = try await bus.send(try EventEnvelope(OrderPaid(orderID: 2)))
                let waiting = Task { await failure { try await pending.receipt } }
                waiting.cancel()
                _ = await waiting.value
                _ = try await bus.send(try EventEnvelope("nobody.wants", "1"))
                try await eventually("all are counted") {
                    bus.statistics.confirmed >= 2 && bus.statistics.unrouted == 1
                }
            }
            try await withVhost { url in
                try await withUser(url, write: "^$") { url in
                    try await withBus(url) { bus in
                        for _ in 0..<2 { _ = try await bus.send(try EventEnvelope(OrderPaid(orderID: 1))) }
                        var last: EventBusError?
                        try await eventually("a lone event is refused") {
                            last = await failure { try await bus.publish(OrderPaid(orderID: 2)) }
                            return last?.code == .refused
                        }
                        #expect(last?.message.contains("403") == true)
                    }
                }
            }
        }

        @Test("What the broker says of a dead letter's copy is said of no event")
        func copiesApart() async throws {
            try await withVhost { url in
                // The queues are there; who may not write to the default exchange could not declare them.
                try await withBus(url) { bus in
                    try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }.ready()
                }
                try await withUser(url, write: "^(events|billing.*)$") { url in
                    try await withBus(url) { bus in
                        let log = EventLog(bus)
                        try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 20) { _, _ in
                            throw NeverPaid()
                        }.ready()
                        for id in 0..<20 { try await bus.publish(OrderPaid(orderID: id)) }
                        try await log.first(.notSettled) { $0.reason?.contains("403") == true }
                        // Alone each, so that the broker's words about a copy would be taken for words about it.
                        for number in 0..<500 {
                            #expect(await failure { try await bus.publish(Measure(number: number)) } == nil)
                        }
                    }
                }
            }
        }

        @Test("An exchange deleted under the bus is declared again, and publishing goes on")
        func exchangeDeleted() async throws {
            try await withBus { bus, url in
                let log = EventLog(bus)
                let (seen, observed) = (Shared(0), Shared(0))
                try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in seen.change { $0 += 1 } }.ready()
                try await bus.observe("#") { _, _ in observed.change { $0 += 1 } }.ready()
                try await withClient(url) { client in
                    try await client.withChannel { try await $0.deleteExchange("events") }
                }
                let error = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
                #expect(error?.code == .refused && error?.message.contains("'events'") == true)
                try await log.first(.connection) { $0.reason?.contains("404") == true }
                try await eventually("events find their queue and their observer again") {
                    _ = try? await bus.publish(OrderPaid(orderID: 2))
                    return seen.value > 0 && observed.value > 0
                }
            }
        }
    }
}

struct Foreign: Event {
    static let type = "Foreign.Thing"
}

private struct Measure: Event {
    static let type = "metrics.measure"
    var number: Int
}

private struct NeverPaid: Error {}

/// Lends a user who may do everything but write to what the pattern does not match, as a URL.
private func withUser(_ url: String, write pattern: String, _ body: (_ url: String) async throws -> Void) async throws {
    let broker = try await LocalBroker.shared()
    let user = "user-\(UInt64.random(in: 0 ... .max))"
    try await broker.rabbitmqctl(["add_user", user, "secret"])
    try await broker.rabbitmqctl(["set_permissions", "-p", AMQPURL(url).vhost, user, ".*", pattern, ".*"])
    try await body(url.replacing("guest:guest@", with: "\(user):secret@"))
    try await broker.rabbitmqctl(["delete_user", user])
}

extension EventEnvelope {
    init(_ order: OrderPaid) throws {
        self.init(
            type: try EventType(OrderPaid.type),
            source: "test",
            payload: try EventPayload(json: Array(#"{"orderID":\#(order.orderID)}"#.utf8))
        )
    }

    fileprivate init(_ type: String, _ json: String) throws {
        self.init(type: try EventType(type), source: "test", payload: try EventPayload(json: Array(json.utf8)))
    }
}
