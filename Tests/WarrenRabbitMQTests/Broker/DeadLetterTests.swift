import AMQP
import FoundationEssentials
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Dead letters")
    struct DeadLetters {
        struct NoSuchOrder: Error, CustomStringConvertible {
            let description = "no order 7"
        }

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

        @Test("An envelope that contradicts itself is a dead letter at once, with the reason and no attempt")
        func undecodable() async throws {
            try await withBus { bus, url in
                let seen = Shared(0)
                try await bus.subscribe(to: ["#"], as: "billing", retry: .immediate(5)) { _, _ in
                    seen.change { $0 += 1 }
                }.ready()
                try await withClient(url) { client in
                    let body = #"{"event_id":"e","event_type":"a.v1","version":"2","data":1}"#
                    try await client.publish(AMQPMessage(body), to: "events", routingKey: "a")
                    let dead = try await client.take("billing.dead").message
                    #expect(String(decoding: dead.body, as: UTF8.self) == body)
                    #expect(dead.properties.headers["warren-error-type"]?.string == "undecodable")
                    #expect(dead.properties.headers["warren-error"]?.string?.contains("version") == true)
                    #expect(dead.properties.headers["warren-attempts"]?.integer == 0)
                    #expect(dead.properties.headers["x-delivery-count"]?.integer ?? 0 == 0)
                    #expect(try await client.count("billing") == 0)
                }
                #expect(seen.value == 0)
            }
        }

        @Test("A message that the client cannot take is told under the subscription's name; an observer has none")
        func tooLarge() async throws {
            for isObserved in [false, true] {
                try await withBus { configuration in
                    configuration.queuePrefix = "eu."
                    configuration.client.maximumMessageSize = 1000
                } _: { bus, url in
                    let log = EventLog(bus)
                    if isObserved {
                        try await bus.observe("#") { _, _ in }.ready()
                    } else {
                        try await bus.subscribe(to: ["#"], as: "billing") { _, _ in }.ready()
                    }
                    try await withClient(url) { client in
                        let large = AMQPMessage(body: [UInt8](repeating: 65, count: 5000))
                        try await client.publish(large, to: "events", routingKey: "a")
                        if !isObserved { _ = try await client.take("eu.billing.dead") }
                    }
                    if isObserved {
                        try await log.first(.observerFailed)
                        #expect(log.all(.deadLettered).isEmpty && bus.statistics.deadLettered == 0)
                    } else {
                        #expect(try await log.first(.deadLettered).subject == "billing")
                        #expect(bus.statistics.deadLettered == 1)
                    }
                }
            }
        }

        @Test("An event of another type, which a binding from earlier times brings, is a dead letter at once")
        func otherType() async throws {
            try await withBus { bus, url in
                let (seen, observed) = (Shared(0), Shared(0))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(5)) { _, _ in
                    seen.change { $0 += 1 }
                }.ready()
                try await bus.observe(OrderPaid.self) { _, _ in observed.change { $0 += 1 } }.ready()
                try await withClient(url) { client in
                    try await client.apply([.binding("events", to: "billing", "Order.*")])
                    let body = #"{"event_id":"e","event_type":"Order.Refunded","data":{"orderID":1}}"#
                    try await client.publish(AMQPMessage(body), to: "events", routingKey: "Order.Refunded")
                    let dead = try await client.take("billing.dead").message
                    #expect(dead.properties.headers["warren-error-type"]?.string == "undecodable")
                    let reason = "the event is an 'Order.Refunded', not a 'Order.Paid'"
                    #expect(dead.properties.headers["warren-error"]?.string == reason)
                    #expect(dead.properties.headers["warren-attempts"]?.integer == 1)
                    // Where the key says one thing and the body another, the body is right.
                    try await client.publish(AMQPMessage(body), to: "events", routingKey: "Order.Paid")
                    _ = try await client.take("billing.dead")
                }
                #expect(seen.value == 0 && observed.value == 0)
            }
        }

        @Test("Data that are not what the handler takes are a dead letter at once")
        func wrongType() async throws {
            try await withBus { bus, url in
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(5)) { _, _ in }.ready()
                let payload = try EventPayload(json: Array(#"{"orderID":"seven"}"#.utf8))
                try await bus.publish(EventEnvelope(type: try EventType("Order.Paid"), source: "s", payload: payload))
                let headers = try await withClient(url) { try await $0.take("billing.dead").message.properties.headers }
                #expect(headers["warren-error-type"]?.string == "undecodable")
                #expect(headers["warren-error"]?.string?.contains("orderID") == true)
                #expect(headers["warren-attempts"]?.integer == 1)
            }
        }

        @Test("A handler that takes too long is cancelled, and its event is a dead letter that says so")
        func timeout() async throws {
            try await withBus { bus, url in
                let log = EventLog(bus)
                try await bus.subscribe(OrderPaid.self, as: "billing", timeout: .milliseconds(100)) { _, _ in
                    try await Task.sleep(for: .seconds(60))
                }.ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await bus.publish(OrderPaid(orderID: 2))
                let headers = try await Python.takeHeaders("billing.dead", url: url)
                #expect(headers["warren-error-type"] as? String == "timeout")
                #expect(headers["warren-attempts"] as? Int == 1)
                try await log.first(.handlerTimedOut)
                try await eventually("both are dead") { bus.statistics.deadLettered == 2 }
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

        @Test("A queue of dead letters that was deleted is declared again, and no dead letter is lost")
        func deadQueueDeleted() async throws {
            try await withBus { bus, url in
                let log = EventLog(bus)
                try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in throw NoSuchOrder() }.ready()
                try await withClient(url) { client in
                    try await client.withChannel { _ = try await $0.deleteQueue("billing.dead") }
                    try await bus.publish(OrderPaid(orderID: 1))
                    // Asked for a message while the queue comes into being, RabbitMQ 4 closes the connection.
                    try await eventually("it is there again") { (try? await client.count("billing.dead")) == 1 }
                    #expect(try await client.take("billing.dead").message.body.isEmpty == false)
                }
                let told = try await log.first(.notSettled)
                #expect(told.subject == "billing" && told.reason?.contains("billing.dead") == true)
                #expect(log.all(.notSettled).count == 1)
                try await eventually("it is counted") { bus.statistics.deadLettered == 1 }
            }
        }

        @Test("A full queue of dead letters: the original stays until the copy is taken, and other workers go on")
        func deadQueueFull() async throws {
            try await withBus { bus, url in
                let log = EventLog(bus)
                try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 2) { order, _ in
                    if order.orderID == 0 { throw NoSuchOrder() }
                }.ready()
                let broker = try await LocalBroker.shared()
                let full = #"{"max-length":1,"overflow":"reject-publish"}"#
                try await broker.withPolicy(full, queues: #"^billing\.dead$"#, url: url) {
                    try await withClient(url) { client in
                        try await eventually("it is full") {
                            let taken: Void? = try? await client.publish(
                                AMQPMessage("x"),
                                to: "",
                                routingKey: "billing.dead"
                            )
                            return taken == nil
                        }
                        try await bus.publish(OrderPaid(orderID: 0))
                        let told = try await log.first(.notSettled)
                        #expect(told.reason?.contains("refused") == true)
                        for id in 1...50 { try await bus.publish(OrderPaid(orderID: id)) }
                        try await eventually("the others are handled") { bus.statistics.handled == 50 }
                        #expect(bus.statistics.deadLettered == 0)
                        try await client.withChannel { _ = try await $0.purgeQueue("billing.dead") }
                        try await eventually("the copy is taken") { bus.statistics.deadLettered == 1 }
                        let (dead, left) = (try await client.count("billing.dead"), try await client.count("billing"))
                        #expect(dead == 1 && left == 0)
                        #expect(log.all(.notSettled).count == 1)
                    }
                }
            }
        }

        @Test(
            "What the broker itself dead-letters comes to the same queue: rejected by another client, expired, or handed out too often"
        )
        func madeByBroker() async throws {
            try await withBus { bus, url in
                let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                try await handle.ready()
                handle.cancel()
                try await withClient(url) { client in
                    for id in 0..<5 { try await bus.publish(OrderPaid(orderID: id)) }
                    _ = try await Python.run(
                        """
                        for _ in range(5):
                            method, properties, body = channel.basic_get('billing')
                            channel.basic_reject(method.delivery_tag, requeue=False)
                        """,
                        url: url
                    )
                    for id in 0..<5 {
                        let dead = try await client.take("billing.dead")
                        #expect(String(decoding: dead.message.body, as: UTF8.self).contains("\"orderID\":\(id)"))
                        #expect(dead.message.properties.headers["x-first-death-reason"]?.string == "rejected")
                    }
                    let broker = try await LocalBroker.shared()
                    try await broker.withPolicy(#"{"message-ttl":50}"#, queues: "^billing$", url: url) {
                        try await bus.publish(OrderPaid(orderID: 9))
                        let dead = try await client.take("billing.dead")
                        #expect(dead.message.properties.headers["x-first-death-reason"]?.string == "expired")
                    }
                    try await broker.withPolicy(#"{"delivery-limit":2}"#, queues: "^billing$", url: url) {
                        try await bus.publish(OrderPaid(orderID: 10))
                        _ = try await Python.run(
                            """
                            for _ in range(3):
                                method, properties, body = channel.basic_get('billing')
                                channel.basic_nack(method.delivery_tag, requeue=True)
                                connection.sleep(0.1)
                            """,
                            url: url
                        )
                        let dead = try await client.take("billing.dead")
                        #expect(dead.message.properties.headers["x-first-death-reason"]?.string == "delivery_limit")
                    }
                }
            }
        }
    }
}
