import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Dead letters that the broker made")
    struct BrokerDeaths {
        @Test("are understood and go back to their queue: rejected, expired, handed out too often")
        func understood() async throws {
            try await withBus { bus, url in
                let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                try await handle.ready()
                handle.cancel()
                try await withClient(url) { client in
                    let letters = RabbitMQDeadLetters(client: client, queue: "billing")
                    let broker = try await LocalBroker.shared()
                    func expect(_ reason: String, _ error: String) async throws {
                        try await eventually("it is dead") { try await client.count("billing.dead") == 1 }
                        let before = EventTimestamp.now().milliseconds
                        let head = try #require(try await letters.list().first)
                        #expect(head.brokerReason == reason && head.failure.error == error)
                        #expect(head.failure.errorType == "broker" && head.failure.attempts == 1)
                        #expect(head.failure.handler == "billing" && head.host == nil)
                        #expect((head.exchange, head.routingKey) == ("events", "Order.Paid"))
                        #expect(head.eventType == "Order.Paid" && !head.eventID.isEmpty)
                        let age = before - head.failure.lastFailedAt.milliseconds
                        #expect(age > -2000 && age < 60_000)
                        #expect(try await letters.requeue(.all).ids == [head.eventID])
                        let back = try await client.take("billing").message
                        #expect(back.properties.headers["warren-routing-key"]?.string == "Order.Paid")
                        #expect(!back.properties.headers.contains { $0.key.contains("death") })
                    }
                    try await bus.publish(OrderPaid(orderID: 1))
                    try await DeadLetterYard.rejectFirst("billing", client)
                    try await expect("rejected", "a consumer rejected it")
                    try await broker.withPolicy(#"{"message-ttl":50}"#, queues: "^billing$", url: url) {
                        try await bus.publish(OrderPaid(orderID: 2))
                        try await eventually("it is dead") { try await client.count("billing.dead") == 1 }
                    }
                    try await expect("expired", "its time to live was over")
                    try await broker.withPolicy(#"{"delivery-limit":1}"#, queues: "^billing$", url: url) {
                        try await bus.publish(OrderPaid(orderID: 3))
                        try await client.withConsumer("billing") { deliveries in
                            var count = 0
                            for try await delivery in deliveries {
                                try delivery.reject(requeue: true)
                                count += 1
                                if count == 2 { break }
                            }
                        }
                        try await eventually("it is dead") { try await client.count("billing.dead") == 1 }
                    }
                    try await expect("delivery_limit", "it was handed out too often")
                }
            }
        }

        @Test("that was a copy before tells where it was first published")
        func copied() async throws {
            try await DeadLetterYard.use { yard in
                let headers: AMQPTable = [
                    "warren-exchange": "events", "warren-routing-key": "a.b", "warren-error": "old",
                ]
                let copy = AMQPMessage("[1]", properties: AMQPProperties(headers: headers))
                try await yard.client.publish(copy, to: "", routingKey: "billing")
                try await DeadLetterYard.rejectFirst("billing", yard.client)
                try await eventually("it is dead") { try await yard.client.count("billing.dead") == 1 }
                let head = try #require(try await yard.letters.list().first)
                #expect((head.exchange, head.routingKey, head.eventType) == ("events", "a.b", "a.b"))
                #expect(head.failure.error == "a consumer rejected it")
            }
        }

        @Test("with headers that no broker and no Warren writes are shown all the same")
        func hostile() async throws {
            let tables: [AMQPTable] = [
                [:], ["x-death": 1], ["x-death": .array([])], ["x-death": .array([1])],
                ["x-death": .array([.table(["reason": 1, "queue": "q"])])],
                [
                    "warren-error": 1, "warren-attempts": "many", "warren-last-failed-at": "yesterday",
                    "warren-handler": 7,
                ],
                ["warren-attempts": .int64(.min), "warren-error": .bytes([0xFF]), "warren-exchange": .void],
            ]
            try await DeadLetterYard.use { yard in
                for table in tables {
                    let message = AMQPMessage("x", properties: AMQPProperties(headers: table))
                    try await yard.client.publish(message, to: "", routingKey: "billing.dead")
                }
                let heads = try await yard.letters.list()
                #expect(heads.count == tables.count)
                for head in heads {
                    #expect(head.failure.error == "nobody says why it is here" && head.failure.errorType == "unknown")
                    #expect(head.failure.attempts == 0 && head.failure.lastFailedAt.milliseconds == 0)
                }
                // A time of no calendar.
                let death = AMQPTable([
                    .init(key: "queue", value: "billing"), .init(key: "reason", value: "rejected"),
                    .init(key: "time", value: .timestamp(.max)), .init(key: "count", value: .int64(-1)),
                    .init(key: "routing-keys", value: .array([1])),
                ])
                let message = AMQPMessage(
                    "x",
                    properties: AMQPProperties(headers: ["x-death": .array([.table(death)])])
                )
                try await yard.client.publish(message, to: "", routingKey: "billing.dead")
                let last = try #require(try await yard.letters.list().last)
                #expect(last.brokerReason == "rejected" && last.failure.attempts == 1 && last.routingKey == "")
                #expect(try await yard.letters.requeue(.all).ids.count == tables.count + 1)
                #expect(try await yard.client.count("billing") == tables.count + 1)
            }
        }
    }
}
