import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

@Suite("Publishing to RabbitMQ")
struct PublishTests {
    @Test("A publish is confirmed and says whether a queue took it; an event nobody has a queue for is told once")
    func receipts() async throws {
        try await withBus { bus, _ in
            let log = EventLog(bus)
            #expect(try await bus.publish(OrderPaid(orderID: 1)) == .confirmed(routed: false))
            #expect(try await bus.publish(OrderPaid(orderID: 2)) == .confirmed(routed: false))
            try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }.ready()
            #expect(try await bus.publish(OrderPaid(orderID: 3)) == .confirmed(routed: true))
            let told = try await log.first(.unrouted)
            #expect(told.subject == "Order.Paid")
            #expect(log.all(.unrouted).count == 1)
            let statistics = bus.statistics
            #expect(statistics.published == 3 && statistics.confirmed == 3 && statistics.unrouted == 2)
        }
    }

    @Test("A subscriber, an observer and a dead letter")
    func smoke() async throws {
        try await withBus { bus, url in
            let handled = Shared<[Int]>([])
            let observed = Shared<[String]>([])
            try await bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                if order.orderID == 2 { throw EventBusError(.refused, "two is not paid") }
                handled.change { $0.append(order.orderID) }
            }.ready()
            try await bus.observe("Order.#") { envelope, _ in observed.change { $0.append(envelope.eventType) } }
                .ready()
            for id in 1...3 { try await bus.publish(OrderPaid(orderID: id)) }
            try await eventually("two are handled") { handled.value == [1, 3] }
            try await eventually("three are observed") { observed.value.count == 3 }
            try await AMQPClient.withClient(url: url) { client in
                try await client.withChannel(for: .consuming) { channel in
                    try await eventually("a dead letter") {
                        try await channel.queueStatus("billing.dead").messageCount == 1
                    }
                    let dead = try #require(try await channel.get("billing.dead"))
                    #expect(dead.message.properties.headers["warren-error"]?.string == "two is not paid")
                }
            }
        }
    }
}
