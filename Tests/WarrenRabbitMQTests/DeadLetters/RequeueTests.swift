import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Dead letters that are requeued")
    struct Requeueing {
        @Test("come to their own subscription alone, as the first attempt of a fresh policy, with the id they had")
        func fresh() async throws {
            try await withBus { bus, url in
                let isMended = Shared(false)
                let attempts = Shared<[String]>([])
                let others = Shared(0)
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(1)) { event, context in
                    attempts.change { $0.append("\(context.eventID) \(context.attempt)") }
                    guard isMended.value else { throw NoSuchOrder() }
                }.ready()
                try await bus.subscribe(OrderPaid.self, as: "audit") { _, _ in others.change { $0 += 1 } }.ready()
                try await bus.publish(OrderPaid(orderID: 7))
                let store = bus.deadLetterStore(of: "billing")
                try await eventually("it is dead") { bus.statistics.deadLettered == 1 }
                let id = try #require(try await store.list().first?.eventID)
                // Its policy has two attempts again.
                #expect(try await store.requeue(.all) == DeadLetterReport(ids: [id]))
                try await eventually("it is dead again") { bus.statistics.deadLettered == 2 }
                #expect(try await store.list().map(\.failure.attempts) == [2])
                isMended.change { $0 = true }
                #expect(try await store.requeue(.all) == DeadLetterReport(ids: [id]))
                try await eventually("it is handled") { bus.statistics.handled == 2 }
                #expect(attempts.value == ["1", "2", "1", "2", "1"].map { "\(id) \($0)" })
                #expect(others.value == 1)
                #expect(try await store.list().isEmpty)
            }
        }

        @Test("are the messages they were, but for what tells of a failure")
        func faithful() async throws {
            try await DeadLetterYard.use { yard in
                let properties = AMQPProperties(
                    contentType: "text/plain",
                    headers: [
                        "mine": "ü", "warren-attempt": 2, "warren-error": "e", "warren-error-type": "t",
                        "warren-attempts": 3, "warren-first-failed-at": "f", "warren-last-failed-at": "l",
                        "warren-handler": "billing", "warren-host": "h", "warren-exchange": "events",
                        "warren-routing-key": "a.b", "warren-original-expiration": "1",
                    ],
                    priority: 3,
                    messageID: "m",
                    appID: "a"
                )
                let sent = AMQPMessage(body: [UInt8](0...255), properties: properties)
                try await yard.client.publish(sent, to: "", routingKey: "billing.dead")
                #expect(try await yard.letters.requeue(.all).ids == ["m"])
                var requeued = try await yard.client.take("billing").message
                // What is fetched from a quorum queue has this.
                requeued.properties.headers["x-delivery-count"] = nil
                #expect(requeued.body == sent.body)
                var expected = properties
                expected.headers = [
                    "mine": "ü", "warren-exchange": "events", "warren-routing-key": "a.b",
                    "warren-original-expiration": "1",
                ]
                #expect(requeued.properties.headers.count == expected.headers.count)
                for entry in expected.headers { #expect(requeued.properties.headers[entry.key] == entry.value) }
                expected.headers = requeued.properties.headers
                #expect(requeued.properties == expected)
            }
        }

        @Test(
            "are those that are meant; the others stay in order, and those that are requeued go in order",
            arguments: RabbitMQEventBusConfiguration.QueueKind.allCases
        )
        func chosen(_ kind: RabbitMQEventBusConfiguration.QueueKind) async throws {
            try await DeadLetterYard.use(kind, count: 2500) { yard in
                let paid = DeadLetterFilter(type: try TopicPattern("Order.Paid"))
                #expect(try await yard.letters.requeue(paid, limit: 100).ids.count == 100)
                #expect(try await yard.letters.requeue(DeadLetterFilter(ids: ["id-1", "id-2000", "x"])).ids.count == 2)
                #expect(try await yard.letters.discard(DeadLetterFilter(error: "timeout"), limit: 5).ids.count == 5)
                let requeued = (0..<100).map { $0 * 3 } + [1, 2000]
                // Of every tenth, the first four hundred and more: 0, 30, 60, … are requeued already.
                let discarded = [10, 20, 40, 50, 70]
                #expect(try await yard.drain("billing") == requeued)
                let gone = Set(requeued + discarded)
                #expect(try await yard.drain("billing.dead") == (0..<2500).filter { !gone.contains($0) })
            }
        }

        @Test("are those that were there: what fails again meanwhile is not requeued for ever")
        func endless() async throws {
            try await withBus { bus, url in
                try await DeadLetterYard.fill("billing", url: url, count: 300)
                let attempts = Shared(0)
                try await bus.subscribe(to: ["#"], as: "billing") { _, _ in
                    attempts.change { $0 += 1 }
                    throw NoSuchOrder()
                }.ready()
                let store = bus.deadLetterStore(of: "billing")
                #expect(try await store.requeue(.all).ids.count == 300)
                try await eventually("all are dead again") { bus.statistics.deadLettered == 300 }
                #expect(attempts.value == 300)
                #expect(try await store.list(.all, limit: 1000).count == 300)
            }
        }

        @Test("stay where the queue they came from is gone or full, with the reason")
        func untaken() async throws {
            try await DeadLetterYard.use(count: 3) { yard in
                let broker = try await LocalBroker.shared()
                let full = #"{"max-length":1,"overflow":"reject-publish"}"#
                try await broker.withPolicy(full, queues: "^billing$", url: yard.url) {
                    try await yard.fillUp("billing")
                    let report = try await yard.letters.requeue(.all)
                    #expect(report.ids.isEmpty && report.kept.map(\.id) == ["id-0", "id-1", "id-2"])
                    #expect(report.kept.allSatisfy { $0.reason.contains("full") })
                }
                try await yard.client.withChannel { _ = try await $0.deleteQueue("billing") }
                let report = try await yard.letters.requeue(.all, limit: 2)
                #expect(report.ids.isEmpty && report.kept.map(\.id) == ["id-0", "id-1"])
                #expect(report.kept.allSatisfy { $0.reason.contains("'billing' is not there") })
                #expect(try await yard.drain("billing.dead") == [0, 1, 2])
            }
        }

        @Test("lose nothing and are no more than twice there when the connection is cut again and again")
        func cut() async throws {
            try await DeadLetterYard.use(count: 2000) { yard in
                let proxy = try FaultProxy(to: yard.url)
                var configuration = AMQPClientConfiguration()
                configuration.reconnect.maximum = .milliseconds(50)
                try await AMQPClient.withClient(url: proxy.url, configuration: configuration) { client in
                    let letters = RabbitMQDeadLetters(client: client, queue: "billing")
                    for round in 0..<4 {
                        let before = proxy.bytesFromClients
                        let task = Task { try await letters.requeue(.all) }
                        try await eventually("some are under way") {
                            proxy.bytesFromClients > before + 10_000 * (round + 1)
                        }
                        proxy.cut()
                        _ = await task.result
                        try await eventually("the broker has noticed") {
                            await failure { try await yard.letters.list() }?.code != .inUse
                        }
                    }
                    _ = try await letters.requeue(.all)
                }
                await proxy.stop()
                try await eventually("none is dead") { try await yard.client.count("billing.dead") == 0 }
                let requeued = try await yard.drain("billing")
                #expect(Set(requeued) == Set(0..<2000))
            }
        }

        @Test("go with all of them when they are purged")
        func purge() async throws {
            try await DeadLetterYard.use(count: 300) { yard in
                #expect(try await yard.letters.list().count == 100)
                #expect(try await yard.letters.purge() == 300)
                #expect(try await yard.letters.purge() == 0)
                #expect(try await yard.letters.list().isEmpty)
                #expect(try await yard.letters.requeue(.all) == DeadLetterReport())
                let requeued = try await yard.client.count("billing")
                #expect(requeued == 0)
            }
        }
    }
}
