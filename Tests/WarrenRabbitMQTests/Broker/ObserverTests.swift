import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Observers")
    struct Observers {
        @Test("Every process that observes sees an event, once for each observer; nothing is left at the broker")
        func everybody() async throws {
            try await withBus { first, url in
                try await withBus(url) { second in
                    let seen = Shared<[String]>([])
                    for (name, bus) in [("1", first), ("2", second)] {
                        try await bus.observe("Order.*") { envelope, context in
                            #expect(context.subscription == nil)
                            seen.change { $0.append("\(name) \(envelope.eventType)") }
                        }.ready()
                    }
                    try await first.observe(OrderPaid.self) { order, _ in
                        seen.change { $0.append("typed \(order.orderID)") }
                    }.ready()
                    #expect(try await first.publish(OrderPaid(orderID: 1)) == .confirmed(routed: true))
                    try await eventually("all have seen it") { seen.value.count == 3 }
                    #expect(Set(seen.value) == ["1 Order.Paid", "2 Order.Paid", "typed 1"])
                    #expect(first.statistics.observed == 2 && second.statistics.observed == 1)
                }
            }
        }

        @Test("An observer that throws is told of, and sees the next event")
        func throwing() async throws {
            try await withBus { bus, _ in
                let log = EventLog(bus)
                try await bus.observe(OrderPaid.self) { order, _ in
                    if order.orderID == 1 { throw EventBusError(.refused, "not one") }
                }.ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await bus.publish(OrderPaid(orderID: 2))
                let told = try await log.first(.observerFailed)
                #expect(told.subject == "Order.Paid" && told.reason?.contains("not one") == true)
                try await eventually("both are observed") { bus.statistics.observed == 2 }
            }
        }

        @Test("A message that cannot be read is told of, and not shown")
        func undecodable() async throws {
            try await withBus { bus, url in
                let log = EventLog(bus)
                let seen = Shared<[String]>([])
                try await bus.observe("a") { envelope, _ in seen.change { $0.append(envelope.eventID) } }.ready()
                try await withClient(url) { client in
                    let invalid = #"{"event_id":"e","event_type":"a.v1","version":"2","data":1}"#
                    let properties = AMQPProperties(messageID: "m")
                    try await client.publish(
                        AMQPMessage(invalid, properties: properties),
                        to: "events",
                        routingKey: "a"
                    )
                    let valid = #"{"event_id":"f","event_type":"a","data":1}"#
                    try await client.publish(AMQPMessage(valid), to: "events", routingKey: "a")
                }
                let told = try await log.first(.observerFailed)
                #expect(told.eventID == "m" && told.reason?.contains("version") == true)
                try await eventually("the other is shown") { seen.value == ["f"] }
                #expect(bus.statistics.observed == 1)
            }
        }

        @Test("A cancelled observer sees nothing more, and its queue goes")
        func cancelled() async throws {
            try await withBus { bus, _ in
                let seen = Shared(0)
                let handle = try bus.observe("#") { _, _ in seen.change { $0 += 1 } }
                try await handle.ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await eventually("it is seen") { seen.value == 1 }
                handle.cancel()
                try await eventually("no queue takes it") {
                    try await bus.publish(OrderPaid(orderID: 2)) == .confirmed(routed: false)
                }
                #expect(await failure { try await handle.ready() }?.code == .closed)
            }
        }

        @Test("On the hybrid bus an observer sees its own process's event once, and so do those elsewhere")
        func echo() async throws {
            try await withVhost { url in
                try await withHybrid(url) { here in
                    try await withHybrid(url) { elsewhere in
                        let seen = Shared<[String]>([])
                        for (name, bus) in [("here", here), ("elsewhere", elsewhere)] {
                            try await bus.observe("Order.Paid") { _, _ in seen.change { $0.append(name) } }.ready()
                        }
                        let handled = Shared(0)
                        try await here.subscribe(OrderPaid.self, as: "billing") { _, _ in
                            handled.change { $0 += 1 }
                        }.ready()
                        for id in 1...3 { try await here.publish(OrderPaid(orderID: id)) }
                        try await elsewhere.publish(OrderPaid(orderID: 4))
                        try await eventually("all is seen") { seen.value.count >= 8 && handled.value == 4 }
                        #expect(seen.value.filter { $0 == "here" }.count == 4)
                        #expect(seen.value.filter { $0 == "elsewhere" }.count == 4)
                        #expect(here.statistics.observed == 4)
                    }
                }
            }
        }

        private func withHybrid(_ url: String, _ body: (HybridEventBus) async throws -> Void) async throws {
            let bus = HybridEventBus(
                local: try MemoryEventBus(service: "test"),
                remote: try RabbitMQEventBus(url: url, service: "test")
            )
            let run = Task { try await bus.run() }
            do {
                try await body(bus)
            } catch {
                run.cancel()
                throw error
            }
            run.cancel()
            try await run.value
        }
    }
}
