import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("The ladder of retries at the broker")
    struct Ladder {
        @Test("Another client finds each step as it is documented: an exchange and a queue", arguments: [true, false])
        func asDocumented(isQuorum: Bool) async throws {
            try await withBus {
                $0.queueKind = isQuorum ? .quorum : .classic
            } _: { bus, url in
                // Waits of 1, 2, 5, 10, 30 s, 1, 5, 15, 30 min, 1 h.
                for step in RetryStep.all {
                    let name = "billing-\(step.delay.components.seconds)"
                    let policy = RetryPolicy.fixed(maxAttempts: 2, delay: step.delay)
                    try await bus.subscribe(OrderPaid.self, as: name, retry: policy) { _, _ in }.ready()
                }
                // Declaring what is there with other arguments would be refused.
                let names = try await Python.run(
                    """
                    kind = 'quorum' if \(isQuorum ? 1 : 0) else 'classic'
                    retry = 'warren.retry' if kind == 'quorum' else 'warren.retry.classic'
                    dead = retry + '.dead'
                    quorum = {'x-queue-type': 'quorum', 'x-delivery-limit': 1000000} if kind == 'quorum' else None
                    channel.exchange_declare(retry, 'direct', durable=True, arguments={'alternate-exchange': dead})
                    channel.exchange_declare(dead, 'fanout', durable=True)
                    channel.queue_declare(dead, durable=True, arguments=quorum)
                    for seconds in (1, 2, 5, 10, 30, 60, 300, 900, 1800, 3600):
                        arguments = {'x-message-ttl': seconds * 1000, 'x-dead-letter-exchange': retry,
                                     'x-overflow': 'reject-publish'}
                        if kind == 'quorum':
                            arguments.update({'x-queue-type': 'quorum', 'x-dead-letter-strategy': 'at-least-once'})
                        name = 'warren.delay.%s%d' % ('' if kind == 'quorum' else 'classic.', seconds * 1000)
                        channel.exchange_declare(name, 'fanout', durable=True, passive=False)
                        channel.queue_declare(name, durable=True, arguments=arguments)
                        channel.confirm_delivery() if seconds == 1 else None
                        channel.basic_publish(name, 'nowhere', b'', mandatory=True)
                        print(json.dumps(name))
                    """,
                    url: url
                )
                #expect(names.count == 10)
            }
        }

        @Test("A step that exists otherwise is named, with the difference, before any event is taken")
        func conflict() async throws {
            try await withBus { bus, url in
                try await withClient(url) { client in
                    let queue = AMQPQueue("warren.delay.1000", .quorum, arguments: .init(messageTTL: .seconds(7)))
                    try await client.apply([.queue(queue)])
                    let handle = try bus.subscribe(OrderPaid.self, as: "billing", retry: .exponential(maxAttempts: 3)) {
                        _,
                        _ in
                    }
                    let error = await failure { try await handle.ready() }
                    #expect(error?.code == .subscriptionRefused)
                    #expect(error?.message.contains("warren.delay.1000") == true, "\(String(describing: error))")
                    // Whoever needs no step is not concerned.
                    try await bus.subscribe(OrderPaid.self, as: "other", retry: .immediate(2)) { _, _ in }.ready()
                    try await client.withChannel { _ = try await $0.deleteQueue("warren.delay.1000") }
                    try await eventually("it is taken up") { await failure { try await handle.ready() } == nil }
                }
            }
        }

        @Test("Who may not declare it uses what is there, and says what is not")
        func permissions() async throws {
            let broker = try await LocalBroker.shared()
            let user = "user-\(UInt64.random(in: 0 ... .max))"
            try await broker.rabbitmqctl(["add_user", user, "secret"])
            try await withVhost { url in
                let vhost = try AMQPURL(url).vhost
                try await broker.rabbitmqctl(["set_permissions", "-p", vhost, user, "^billing", ".*", ".*"])
                try await withClient(url) { admin in
                    try await admin.apply([.exchange("events", .topic)])
                    let restricted = url.replacing("guest:guest@", with: "\(user):secret@")
                    try await withBus(restricted) { bus in
                        let tries = Tries()
                        let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                        let handle = try bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { _, context in
                            tries.begin(context)
                            if context.attempt == 1 { throw Unlucky() }
                        }
                        let error = await failure { try await handle.ready() }
                        #expect(error?.code == .subscriptionRefused)
                        #expect(error?.message.contains("warren.retry") == true, "\(String(describing: error))")
                        try await admin.apply(LadderExit(.quorum).topology)
                        try await admin.apply(RetryStep.all[0].topology(.quorum))
                        try await eventually("it is taken up") { await failure { try await handle.ready() } == nil }
                        try await bus.publish(OrderPaid(orderID: 1))
                        try await eventually("it is handled") { bus.statistics.handled == 1 }
                        #expect(tries.ofOnlyEvent == [1, 2])
                    }
                }
            }
            try await broker.rabbitmqctl(["delete_user", user])
        }

        @Test("Who may not read from its exit uses the binding that somebody else has made")
        func foreignBinding() async throws {
            let broker = try await LocalBroker.shared()
            let user = "user-\(UInt64.random(in: 0 ... .max))"
            try await broker.rabbitmqctl(["add_user", user, "secret"])
            try await withVhost { url in
                let vhost = try AMQPURL(url).vhost
                let rights = ["^billing", "^(billing|warren|events|amq)", "^(billing|events)"]
                try await broker.rabbitmqctl(["set_permissions", "-p", vhost, user] + rights)
                try await withClient(url) { admin in
                    try await admin.apply([.exchange("events", .topic)])
                    try await admin.apply(LadderExit(.quorum).topology)
                    try await admin.apply(RetryStep.all[0].topology(.quorum))
                    let restricted = url.replacing("guest:guest@", with: "\(user):secret@")
                    try await withBus(restricted) { bus in
                        let tries = Tries()
                        let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                        try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { _, context in
                            tries.begin(context)
                            if context.attempt == 1 { throw Unlucky() }
                        }.ready()
                        try await bus.publish(OrderPaid(orderID: 1))
                        try await eventually("it has no way back") { try await admin.count("warren.retry.dead") == 1 }
                        try await admin.apply(LadderExit(.quorum).way(to: "billing"))
                        let letters = RabbitMQDeadLetters(client: admin, queue: "warren.retry")
                        #expect(try await letters.requeue(.all).ids.count == 1)
                        try await eventually("it is handled") { bus.statistics.handled == 1 }
                        #expect(tries.ofOnlyEvent == [1, 1, 2])
                    }
                }
            }
            try await broker.rabbitmqctl(["delete_user", user])
        }

        @Test("Services share its steps, and each gets its own events back")
        func shared() async throws {
            try await withVhost { url in
                try await withBus(url, service: "one") { one in
                    try await withBus(url, service: "other") { other in
                        let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                        let (first, second) = (Tries(), Tries())
                        for (bus, tries, name) in [(one, first, "one"), (other, second, "other")] {
                            try await bus.subscribe(OrderPaid.self, as: name, retry: policy) { _, context in
                                tries.begin(context)
                                if context.attempt == 1 { throw Unlucky() }
                            }.ready()
                        }
                        for id in 0..<20 { try await one.publish(OrderPaid(orderID: id)) }
                        try await eventually("all are handled") {
                            one.statistics.handled == 20 && other.statistics.handled == 20
                        }
                        for tries in [first, second] {
                            #expect(tries.attempts.count == 20 && tries.attempts.allSatisfy { $0 == [1, 2] })
                        }
                    }
                }
            }
        }
    }
}
