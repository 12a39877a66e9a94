import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenRuntime
import WarrenTesting

extension BusTests {
    @Suite("Retries where something goes wrong")
    struct RetryFaults {
        /// Fails its first attempts, so many.
        private func subscribe(
            _ bus: RabbitMQEventBus,
            _ retry: RetryPolicy,
            failures: Int,
            _ tries: Tries
        ) async throws {
            try await bus.subscribe(to: ["#"], as: "billing", retry: retry, concurrency: 4) { _, context in
                tries.begin(context)
                if context.attempt <= failures { throw Unlucky() }
            }.ready()
        }

        @Test("A broker that is killed while events wait for their next attempt: they come back as the next attempt")
        func restart() async throws {
            try await withBreakableBroker { broker, url in
                try await withBus(url) { bus in
                    let tries = Tries()
                    try await subscribe(bus, .fixed(maxAttempts: 3, delay: .seconds(5)), failures: 1, tries)
                    for id in 0..<20 { try await bus.publish(OrderPaid(orderID: id)) }
                    try await eventually("all have failed") { bus.statistics.failed == 20 }
                    // The last copy may still be on its way, and the original in its queue.
                    try await withClient(url) { client in
                        try await eventually("all wait") { try await client.count("warren.delay.5000") == 20 }
                    }
                    try await broker.crash()
                    try await eventually("all are handled", within: .seconds(60)) { bus.statistics.handled == 20 }
                    #expect(tries.attempts.count == 20 && tries.attempts.allSatisfy { $0 == [1, 2] })
                }
            }
        }

        @Test("A process that goes while its events wait leaves them, and what it knew of them, to the next")
        func nextProcess() async throws {
            try await withVhost { url in
                let (first, second) = (Tries(), Tries())
                let policy = RetryPolicy.fixed(maxAttempts: 3, delay: .seconds(1))
                try await withBus(url) { bus in
                    try await subscribe(bus, policy, failures: 9, first)
                    try await bus.publish(OrderPaid(orderID: 1))
                    try await eventually("it has failed") { bus.statistics.failed == 1 }
                }
                try await withBus(url) { bus in
                    try await subscribe(bus, policy, failures: 9, second)
                    try await eventually("it is a dead letter") { bus.statistics.deadLettered == 1 }
                }
                #expect(first.ofOnlyEvent == [1] && second.ofOnlyEvent == [2, 3])
                let dead = try await withClient(url) { try await $0.take("billing.dead").message.properties.headers }
                #expect(dead["warren-attempts"]?.integer == 3)
            }
        }

        @Test("A handler at work when its connection is lost fails for nothing: no copy, and the event comes once more")
        func stale() async throws {
            try await withBreakableBroker { broker, url in
                try await withBus(url) { bus in
                    let (log, tries, mayFail) = (EventLog(bus), Tries(), Shared(false))
                    let policy = RetryPolicy.fixed(maxAttempts: 3, delay: .seconds(1))
                    try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { _, context in
                        tries.begin(context)
                        guard context.attempt == 1 else { return }
                        try await eventually("it may fail", within: .seconds(60)) { mayFail.value }
                        throw Unlucky()
                    }.ready()
                    try await bus.publish(OrderPaid(orderID: 1))
                    try await eventually("it is at work") { tries.events == 1 }
                    try await broker.crash()
                    try await log.first(.connection) { $0.reason != nil }
                    try await eventually("connected again", within: .seconds(60)) {
                        log.all(.connection).last?.reason == nil
                    }
                    mayFail.change { $0 = true }
                    try await eventually("it is handled", within: .seconds(60)) { bus.statistics.handled == 1 }
                    #expect(tries.ofOnlyEvent == [1, 1, 2])
                    let left = try await withClient(url) { try await $0.counts("billing", "warren.delay.1000") }
                    #expect(left == [0, 0])
                }
            }
        }

        @Test("A step that was deleted is declared again, and nothing is lost", arguments: [true, false])
        func deleted(withExchange: Bool) async throws {
            try await withBus { bus, url in
                let (log, tries) = (EventLog(bus), Tries())
                try await subscribe(bus, .fixed(maxAttempts: 2, delay: .seconds(1)), failures: 1, tries)
                try await withClient(url) { client in
                    try await client.withChannel { channel in
                        _ = try await channel.deleteQueue("warren.delay.1000")
                        if withExchange { try await channel.deleteExchange("warren.delay.1000") }
                    }
                }
                try await bus.publish(OrderPaid(orderID: 1))
                try await eventually("it is handled", within: .seconds(30)) { bus.statistics.handled >= 1 }
                #expect(tries.ofOnlyEvent == [1, 2])
                #expect(try await log.first(.notSettled).reason?.contains("warren.delay.1000") == true)
            }
        }

        @Test("A step that takes no more: the original stays until its copy is taken, and other workers go on")
        func full() async throws {
            try await withBus { bus, url in
                let (log, tries) = (EventLog(bus), Tries())
                try await bus.subscribe(
                    OrderPaid.self,
                    as: "billing",
                    retry: .fixed(maxAttempts: 2, delay: .seconds(1)),
                    concurrency: 2
                ) { event, context in
                    if event.orderID == 0 { tries.begin(context) }
                    if event.orderID == 0, context.attempt == 1 { throw Unlucky() }
                }.ready()
                let broker = try await LocalBroker.shared()
                let full = #"{"max-length":1,"overflow":"reject-publish","message-ttl":600000}"#
                let step = "warren.delay.1000"
                try await withClient(url) { client in
                    try await client.apply([.queue("elsewhere", .quorum)])
                    try await broker.withPolicy(full, queues: #"^warren\.delay\.1000$"#, url: url) {
                        let message = AMQPMessage("x")
                        try await eventually("it is full") {
                            let taken: Void? = try? await client.publish(message, to: step, routingKey: "elsewhere")
                            return taken == nil
                        }
                        try await bus.publish(OrderPaid(orderID: 0))
                        #expect(try await log.first(.notSettled).reason?.contains("refused") == true)
                        for id in 1...50 { try await bus.publish(OrderPaid(orderID: id)) }
                        try await eventually("the others are handled") { bus.statistics.handled == 50 }
                        #expect(tries.ofOnlyEvent == [1])
                        try await client.withChannel { _ = try await $0.purgeQueue(step) }
                    }
                    try await eventually("it is handled too", within: .seconds(30)) { bus.statistics.handled == 51 }
                }
                #expect(tries.ofOnlyEvent == [1, 2] && log.all(.notSettled).count == 1)
            }
        }

        @Test("A long wait holds up no short one")
        func mixed() async throws {
            try await withBus { bus, _ in
                let tries = Tries()
                try await bus.subscribe(
                    OrderPaid.self,
                    as: "billing",
                    retry: .immediate(1),
                    deciding: { event, context in
                        guard context.attempt == 1 else { return .ack }
                        if event.orderID == 100 { tries.begin(context) }
                        return .retry(after: event.orderID < 100 ? .seconds(3600) : .seconds(1))
                    }
                ).ready()
                for id in 0...100 { try await bus.publish(OrderPaid(orderID: id)) }
                try await eventually("the last one is handled") { bus.statistics.handled == 1 }
                #expect(tries.ofOnlyEvent == [1])
            }
        }

        @Test("What has been held for a minute waits at the broker, however short the wait")
        func heldTooLong() async throws {
            try await withVhost { url in
                let (clock, tries) = (HeldClock(), Tries())
                var configuration = RabbitMQEventBusConfiguration()
                configuration.client.heartbeat = .zero
                let bus = try RabbitMQEventBus(
                    url: try AMQPURL(url),
                    service: "test",
                    configuration: configuration,
                    clock: clock
                )
                let run = Task { try await bus.run() }
                let timeout = Duration.seconds(3600)
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(3), timeout: timeout) {
                    _,
                    context in
                    tries.begin(context)
                    // The first attempt fails soon, the second late.
                    clock.advance(by: context.attempt == 2 ? .seconds(60) : .seconds(1))
                    if context.attempt < 4 { throw Unlucky() }
                }.readyAtLast()
                try await bus.publish(OrderPaid(orderID: 1))
                try await eventually("it is handled") { bus.statistics.handled == 1 }
                run.cancel()
                try await run.value
                #expect(tries.ofOnlyEvent == [1, 2, 3, 4])
                let waits = tries.waits
                #expect(waits[0] < .milliseconds(500) && waits[1] >= .seconds(1) && waits[2] < .milliseconds(500))
            }
        }
    }
}
