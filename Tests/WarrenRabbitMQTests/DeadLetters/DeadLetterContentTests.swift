import AMQP
import FoundationEssentials
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("What a dead letter says")
    struct DeadLetterContents {
        @Test("After the last attempt the event is a dead letter that says truthfully what happened")
        func truthful() async throws {
            try await withBus { bus, url in
                let log = EventLog(bus)
                let attempts = Shared<[Int]>([])
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(2)) { _, context in
                    attempts.change { $0.append(context.attempt) }
                    throw NoSuchOrder()
                }.ready()
                let before = EventTimestamp.now()
                try await bus.publish(OrderPaid(orderID: 7))
                let told = try await log.first(.deadLettered)
                let after = EventTimestamp.now()
                #expect(attempts.value == [1, 2, 3])
                #expect(bus.statistics.failed == 3 && bus.statistics.deadLettered == 1)
                let headers = try await Python.takeHeaders("billing.dead", url: url)
                #expect(headers["warren-error"] as? String == "no order 7")
                #expect(headers["warren-error-type"] as? String == "NoSuchOrder")
                #expect(headers["warren-attempts"] as? Int == 3)
                #expect(headers["warren-handler"] as? String == "billing")
                #expect(headers["warren-exchange"] as? String == "events")
                #expect(headers["warren-routing-key"] as? String == "Order.Paid")
                #expect(headers["warren-host"] as? String == ProcessInfo.processInfo.hostName)
                let first = try #require(headers["warren-first-failed-at"] as? String)
                let last = try #require(headers["warren-last-failed-at"] as? String)
                #expect(before.text <= first && first <= last && last <= after.text)
                #expect(headers.keys.allSatisfy { $0.hasPrefix("warren-") || $0 == "x-delivery-count" })
                #expect(told.subject == "billing" && told.reason == "NoSuchOrder: no order 7")
                let left = try await withClient(url) { try await $0.count("billing") }
                #expect(left == 0)
            }
        }

        @Test("The copy is the message as it was: body, properties and foreign headers")
        func faithful() async throws {
            try await withBus { bus, url in
                try await bus.subscribe(
                    to: ["#"],
                    as: "billing",
                    deciding: { _, _ in
                        .deadLetter(reason: "never")
                    }
                ).ready()
                let properties = AMQPProperties(
                    contentType: "application/x-foreign",
                    contentEncoding: "gzip",
                    headers: ["text": "ü", "number": .int32(-1), "nested": .table(["list": .array([.void, 1])])],
                    deliveryMode: .transient,
                    priority: 3,
                    correlationID: "c",
                    replyTo: "r",
                    messageID: "m",
                    timestamp: 1_700_000_000,
                    type: "Some.Thing",
                    appID: "a",
                    clusterID: "k"
                )
                let body = [UInt8](0...255)
                try await withClient(url) { client in
                    let sent = AMQPMessage(body: body, properties: properties)
                    try await client.publish(sent, to: "events", routingKey: "foreign.key")
                    let dead = try await client.take("billing.dead").message
                    #expect(dead.body == body)
                    var expected = properties
                    expected.headers = dead.properties.headers
                    expected.deliveryMode = .persistent
                    #expect(dead.properties == expected)
                    for entry in properties.headers { #expect(dead.properties.headers[entry.key] == entry.value) }
                    #expect(dead.properties.headers["warren-error"]?.string == "never")
                    #expect(dead.properties.headers["warren-error-type"]?.string == "rejected")
                    #expect(dead.properties.headers["warren-routing-key"]?.string == "foreign.key")
                }
            }
        }

        @Test("Attempts that an earlier copy counted go on; absurd counts do no harm")
        func earlierAttempts() async throws {
            try await withBus { bus, url in
                let seen = Shared<[String: Int]>([:])
                try await bus.subscribe(to: ["#"], as: "billing", retry: .immediate(3)) { envelope, context in
                    seen.change { $0[envelope.eventID] = context.attempt }
                    throw NoSuchOrder()
                }.ready()
                let headers: [(String, AMQPValue)] = [
                    ("two", 2), ("byte", .int8(2)), ("unsigned", .uint64(2)), ("negative", -5), ("text", "2"),
                    ("huge", .int64(.max)), ("table", .table([:])),
                ]
                let first = "2020-01-01T00:00:00.000Z"
                try await withClient(url) { client in
                    for (id, value) in headers {
                        let table: AMQPTable = ["warren-attempt": value, "warren-first-failed-at": .string(first)]
                        let message = AMQPMessage("{}", properties: AMQPProperties(headers: table, messageID: id))
                        try await client.publish(message, to: "", routingKey: "billing")
                    }
                    var dead: [String: AMQPTable] = [:]
                    for _ in headers {
                        let message = try await client.take("billing.dead").message
                        dead[message.properties.messageID ?? ""] = message.properties.headers
                    }
                    for id in ["two", "byte", "unsigned"] {
                        #expect(dead[id]?["warren-attempts"]?.integer == 4)
                        #expect(dead[id]?["warren-first-failed-at"]?.string == first)
                    }
                    for id in ["negative", "text", "table"] {
                        #expect(dead[id]?["warren-attempts"]?.integer == 4)
                        #expect(dead[id]?["warren-first-failed-at"]?.string != first)
                    }
                    #expect(dead["huge"]?["warren-attempts"]?.integer == 1_000_001)
                    #expect(dead.values.allSatisfy { $0["warren-attempt"] == nil })
                }
                #expect(seen.value["two"] == 4 && seen.value["text"] == 4 && seen.value["huge"] == 1_000_001)
            }
        }

        @Test("What was sent back from the dead letters keeps where it first came from")
        func secondLife() async throws {
            try await withBus { bus, url in
                try await bus.subscribe(to: ["#"], as: "billing", retry: .immediate(1)) { envelope, _ in
                    throw EventBusError(.refused, envelope.eventType)
                }.ready()
                try await withClient(url) { client in
                    try await client.publish(AMQPMessage("[1]"), to: "events", routingKey: "a.b")
                    let first = try await client.take("billing.dead").message
                    try await client.publish(first, to: "", routingKey: "billing")
                    let second = try await client.take("billing.dead").message
                    #expect(second.properties.headers["warren-exchange"]?.string == "events")
                    #expect(second.properties.headers["warren-routing-key"]?.string == "a.b")
                    #expect(second.properties.headers["warren-attempts"]?.integer == 2)
                    // A body that is no envelope has its type from the key that it was published with.
                    #expect(second.properties.headers["warren-error"]?.string == "a.b")
                    // Published anew, it is where it is now that counts.
                    try await client.publish(second, to: "events", routingKey: "c.d")
                    let third = try await client.take("billing.dead").message
                    #expect(third.properties.headers["warren-routing-key"]?.string == "c.d")
                    #expect(third.properties.headers.filter { $0.key == "warren-error" }.count == 1)
                }
            }
        }
    }
}
