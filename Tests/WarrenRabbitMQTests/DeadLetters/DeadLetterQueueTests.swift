import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("The queue of dead letters")
    struct DeadLetterQueue {
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
