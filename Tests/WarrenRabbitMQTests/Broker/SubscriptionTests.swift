import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Subscriptions")
    struct Subscriptions {
        @Test("A subscription declares its queue and that of its dead letters as agreed", arguments: [true, false])
        func topology(isQuorum: Bool) async throws {
            try await withBus { configuration in
                configuration.queueKind = isQuorum ? .quorum : .classic
                configuration.queuePrefix = "eu."
            } _: { bus, url in
                try await bus.subscribe(to: ["Order.*", "a.#"], as: "billing") { _, _ in }.ready()
                let arguments = try await LocalBroker.shared().rabbitmqctl([
                    "list_queues", "-p", AMQPURL(url).vhost, "name", "arguments", "durable",
                ])
                let lines = arguments.split(separator: "\n").sorted()
                let queue = try #require(lines.first { $0.hasPrefix("eu.billing\t") })
                let dead = try #require(lines.first { $0.hasPrefix("eu.billing.dead\t") })
                for expected in [
                    #"{"x-dead-letter-exchange",[]}"#, #"{"x-dead-letter-routing-key","eu.billing.dead"}"#,
                    #"{"x-overflow","reject-publish"}"#, "true",
                ] {
                    #expect(queue.contains(expected))
                }
                for expected in [
                    #"{"x-queue-type","quorum"}"#, #"{"x-dead-letter-strategy","at-least-once"}"#,
                    #"{"x-delivery-limit",1000000}"#,
                ] {
                    #expect(queue.contains(expected) == isQuorum)
                }
                #expect(dead.contains(#"{"x-delivery-limit",1000000}"#) == isQuorum)
                #expect(!dead.contains("dead-letter") && dead.hasSuffix("true"))
                let bindings = try await LocalBroker.shared().rabbitmqctl([
                    "list_bindings", "-p", AMQPURL(url).vhost, "source_name", "destination_name", "routing_key",
                ])
                #expect(bindings.contains("events\teu.billing\tOrder.*\n"))
                #expect(bindings.contains("events\teu.billing\ta.#\n"))
            }
        }

        @Test("A name that makes a queue name of more than 200 bytes, or one of the broker's own, is refused")
        func names() async throws {
            var configuration = RabbitMQEventBusConfiguration()
            configuration.queuePrefix = String(repeating: "p", count: 100)
            let bus = try RabbitMQEventBus(url: "amqp://localhost", service: "test", configuration: configuration)
            try bus.subscribe(to: ["#"], as: String(repeating: "n", count: 100)) { _, _ in }
            let error = await failure {
                try bus.subscribe(to: ["#"], as: String(repeating: "n", count: 101)) { _, _ in }
            }
            #expect(error?.code == .invalidSubscription && error?.message.contains("201 bytes") == true)
            configuration.queuePrefix = "amq."
            let other = try RabbitMQEventBus(url: "amqp://localhost", service: "test", configuration: configuration)
            let broker = await failure { try other.subscribe(to: ["#"], as: "n") { _, _ in } }
            #expect(broker?.code == .invalidSubscription)
        }

        @Test(
            "As many events are taken at a time as can be handled before the broker takes them back",
            arguments: [
                (1, nil, 1, 100), (1, 30, 30, 50), (100, 30, 30, 200), (1, nil, 30, 50), (1, 600, 30, 2),
                (1, 100_000, 30, 1), (10_000, 100_000, 30, 10_000),
            ] as [(Int, Int?, Int, Int)]
        )
        func prefetch(concurrency: Int, timeout: Int?, busTimeout: Int, expected: Int) throws {
            var subscriber = Subscriber("s", to: [try TopicPattern("#")], handler: .each { _ in .ack })
            subscriber.concurrency = concurrency
            subscriber.timeout = timeout.map { .seconds($0) }
            #expect(subscriber.effectivePrefetch(timeout: .seconds(busTimeout)) == expected)
            subscriber.prefetch = 7
            #expect(subscriber.effectivePrefetch(timeout: .seconds(busTimeout)) == 7)
        }

        @Test("So many handlers run at a time as the subscription says, and no more")
        func concurrency() async throws {
            try await withBus { bus, _ in
                let running = Shared((now: 0, most: 0, done: 0))
                try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 8) { _, _ in
                    running.change {
                        $0.now += 1
                        $0.most = max($0.most, $0.now)
                    }
                    try await eventually("eight at a time") { running.value.most == 8 }
                    running.change {
                        $0.now -= 1
                        $0.done += 1
                    }
                }.ready()
                for id in 0..<40 { try await bus.publish(OrderPaid(orderID: id)) }
                try await eventually("all are done") { running.value.done == 40 }
                #expect(running.value.most == 8)
            }
        }

        @Test("Of two processes with one subscription each handles some events, and together each event once")
        func competing() async throws {
            try await withBus { first, url in
                try await withBus(url) { second in
                    let seen = Shared<[[Int]]>([[], []])
                    for (index, bus) in [first, second].enumerated() {
                        try await bus.subscribe(to: ["Order.*"], as: "billing") { envelope, _ in
                            let id = try Occurrence(envelope).decode(as: OrderPaid.self).orderID
                            seen.change { $0[index].append(id) }
                        }.ready()
                    }
                    for id in 0..<200 { try await first.publish(OrderPaid(orderID: id)) }
                    try await eventually("all are handled") { seen.value.joined().count == 200 }
                    #expect(Set(seen.value.joined()) == Set(0..<200))
                    #expect(seen.value.allSatisfy { $0.count > 20 })
                }
            }
        }

        @Test("A batch gets what is there, in order, and is acked as a whole")
        func batches() async throws {
            try await withBus { bus, url in
                let name = "audit"
                let seen = Shared<[[Int]]>([])
                let patterns = [try TopicPattern("#")]
                let subscriber = Subscriber(
                    name,
                    to: patterns,
                    handler: .batch(upTo: 50) { contexts in
                        let ids = try contexts.map { try $0.occurrence.decode(as: OrderPaid.self).orderID }
                        seen.change { $0.append(ids) }
                    }
                )
                let handle = try bus.add(subscriber)
                try await handle.ready()
                handle.cancel()
                for id in 0..<300 { try await bus.publish(OrderPaid(orderID: id)) }
                try await bus.add(subscriber).ready()
                try await eventually("all are handled") { seen.value.joined().count == 300 }
                #expect(Array(seen.value.joined()) == Array(0..<300))
                #expect(seen.value.count < 100 && seen.value.allSatisfy { $0.count <= 50 })
                try await withClient(url) { client in
                    try await eventually("nothing is left") { try await client.count(name) == 0 }
                }
            }
        }

        @Test("What is published while nobody runs waits in the queue")
        func durable() async throws {
            try await withVhost { url in
                try await withBus(url) { bus in
                    let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                    try await handle.ready()
                    handle.cancel()
                    #expect(await failure { try await handle.ready() }?.code == .closed)
                    try await bus.publish(OrderPaid(orderID: 1))
                }
                let seen = Shared<[Int]>([])
                try await withBus(url) { bus in
                    try bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                        seen.change { $0.append(order.orderID) }
                    }
                    try await eventually("it is handled") { seen.value == [1] }
                }
            }
        }

        @Test("An event given back comes again, and counts as no attempt")
        func release() async throws {
            try await withBus { bus, _ in
                let seen = Shared<[(attempt: Int, isRedelivered: Bool)]>([])
                try await bus.subscribe(
                    OrderPaid.self,
                    as: "billing",
                    deciding: { _, context in
                        seen.change { $0.append((context.attempt, context.isRedelivered)) }
                        return seen.value.count < 5 ? .release : .ack
                    }
                ).ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await eventually("it is handled") { bus.statistics.handled == 1 }
                #expect(seen.value.map(\.attempt) == Array(repeating: 1, count: 5))
                #expect(seen.value.map(\.isRedelivered) == [false] + Array(repeating: true, count: 4))
                #expect(bus.statistics.released == 4 && bus.statistics.deadLettered == 0)
            }
        }

        @Test("A queue that exists with other arguments refuses the subscription with both values, until it is gone")
        func otherArguments() async throws {
            try await withBus { bus, url in
                try await withClient(url) { client in
                    let arguments = AMQPQueueArguments(
                        overflow: .rejectPublish,
                        deadLetterExchange: "",
                        deadLetterRoutingKey: "billing.dead",
                        deadLetterStrategy: .atLeastOnce,
                        deliveryLimit: 5
                    )
                    try await client.withChannel { channel in
                        _ = try await channel.declareQueue(AMQPQueue("billing", .quorum, arguments: arguments))
                    }
                    let log = EventLog(bus)
                    let seen = Shared(0)
                    let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in seen.change { $0 += 1 } }
                    let error = await failure { try await handle.ready() }
                    #expect(error?.code == .subscriptionRefused)
                    for part in ["x-delivery-limit", "'1000000'", "'5'", "'billing'"] {
                        #expect(error?.message.contains(part) == true, "\(error?.message ?? "")")
                    }
                    let told = try await log.first(.subscriptionLost)
                    #expect(told.subject == "billing" && told.reason == error?.message)
                    try await client.withChannel { _ = try await $0.deleteQueue("billing") }
                    try await eventually("it is let be") { await failure { try await handle.ready() } == nil }
                    try await bus.publish(OrderPaid(orderID: 1))
                    try await eventually("it is handled") { seen.value == 1 }
                    #expect(log.all(.subscriptionLost).count == 1)
                }
            }
        }

        @Test("A queue deleted under its subscription comes back with its bindings")
        func queueDeleted() async throws {
            try await withBus { configuration in
                configuration.queuePrefix = "eu."
            } _: { bus, url in
                let log = EventLog(bus)
                let seen = Shared(0)
                try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in seen.change { $0 += 1 } }.ready()
                try await withClient(url) { client in
                    try await client.withChannel { _ = try await $0.deleteQueue("eu.billing") }
                }
                try await log.first(.subscriptionLost) { $0.subject == "billing" }
                try await eventually("events are handled again") {
                    try await bus.publish(OrderPaid(orderID: 1))
                    return seen.value > 0
                }
            }
        }

        @Test("An exchange of another type refuses publishes and subscriptions with the broker's words")
        func otherExchange() async throws {
            try await withVhost { url in
                try await withClient(url) { client in
                    try await client.apply([.exchange("events", .fanout)])
                    try await withBus(url) { bus in
                        let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                        let error = await failure { try await handle.ready() }
                        #expect(error?.code == .subscriptionRefused && error?.message.contains("topic") == true)
                        let publish = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
                        #expect(publish?.code == .refused && publish?.message.contains("fanout") == true)
                        try await client.withChannel { try await $0.deleteExchange("events") }
                        try await eventually("it is let be") { await failure { try await handle.ready() } == nil }
                        try await bus.publish(OrderPaid(orderID: 1))
                    }
                }
            }
        }

        @Test("Who may not declare the exchange may still use one that is there")
        func noPermission() async throws {
            try await withVhost { url in
                let broker = try await LocalBroker.shared()
                let vhost = try AMQPURL(url).vhost
                let user = "user-\(UInt64.random(in: 0 ... .max))"
                try await broker.rabbitmqctl(["add_user", user, "secret"])
                try await broker.rabbitmqctl(["set_permissions", "-p", vhost, user, "^billing", ".*", ".*"])
                try await withClient(url) { try await $0.apply([.exchange("events", .topic)]) }
                let seen = Shared(0)
                try await withBus(url.replacing("guest:guest@", with: "\(user):secret@")) { bus in
                    try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in seen.change { $0 += 1 } }.ready()
                    let other = try bus.subscribe(OrderPaid.self, as: "other") { _, _ in }
                    let error = await failure { try await other.ready() }
                    #expect(error?.code == .subscriptionRefused && error?.message.contains("403") == true)
                    try await bus.publish(OrderPaid(orderID: 1))
                    try await eventually("it is handled") { seen.value == 1 }
                }
                try await broker.rabbitmqctl(["delete_user", user])
            }
        }
    }
}
