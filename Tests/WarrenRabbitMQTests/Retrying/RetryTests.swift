import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenRuntime
import WarrenTesting

extension BusTests {
    @Suite("Retries")
    struct Retries {
        @Test(
            "A handler that fails twice and then succeeds runs three times, at the policy's steps",
            arguments: RabbitMQEventBusConfiguration.QueueKind.allCases
        )
        func thirdTime(kind: RabbitMQEventBusConfiguration.QueueKind) async throws {
            try await withBus {
                $0.queueKind = kind
            } _: { bus, url in
                let (log, tries) = (EventLog(bus), Tries())
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .exponential(maxAttempts: 5)) {
                    _,
                    context in
                    tries.begin(context)
                    if context.attempt < 3 { throw Unlucky() }
                }.ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await eventually("it is handled") { bus.statistics.handled == 1 }
                #expect(tries.ofOnlyEvent == [1, 2, 3] && bus.statistics.failed == 2)
                tries.expectWaits([.seconds(1), .seconds(2)])
                #expect(log.all(.notSettled).isEmpty)
                try await withClient(url) { client in
                    for step in ["1000", "2000"].map({ kind == .quorum ? $0 : "classic.\($0)" }) {
                        try await eventually("\(step) is empty") { try await client.count("warren.delay.\(step)") == 0 }
                    }
                    #expect(try await client.counts("billing", "billing.dead") == [0, 0])
                }
            }
        }

        @Test("A wait that is no step is made up of several, and nobody sees the steps between")
        func severalSteps() async throws {
            try await withBus { bus, url in
                let tries = Tries()
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .milliseconds(3400))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { _, context in
                    tries.begin(context)
                    throw Unlucky()
                }.ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await withClient(url) { client in
                    let dead = try await client.take("billing.dead").message.properties.headers
                    #expect(dead["warren-attempts"]?.integer == 2 && dead["warren-remaining-delay"] == nil)
                }
                #expect(tries.ofOnlyEvent == [1, 2])
                tries.expectWaits([.milliseconds(3400)])
            }
        }

        @Test("A handler that always fails runs as often as the policy has it; then its event is a dead letter")
        func always() async throws {
            try await withBus { bus, url in
                let tries = Tries()
                let before = EventTimestamp.now()
                let policy = RetryPolicy.fixed(maxAttempts: 3, delay: .seconds(1))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { _, context in
                    tries.begin(context)
                    throw Unlucky()
                }.ready()
                try await bus.publish(OrderPaid(orderID: 7))
                let headers = try await Python.takeHeaders("billing.dead", url: url)
                #expect(tries.ofOnlyEvent == [1, 2, 3])
                tries.expectWaits([.seconds(1), .seconds(1)])
                #expect(headers["warren-error"] as? String == "no luck")
                #expect(headers["warren-error-type"] as? String == "Unlucky")
                #expect(headers["warren-attempts"] as? Int == 3)
                #expect(headers["warren-handler"] as? String == "billing")
                #expect(headers["warren-exchange"] as? String == "events")
                #expect(headers["warren-routing-key"] as? String == "Order.Paid")
                let first = try #require(EventTimestamp(headers["warren-first-failed-at"] as? String ?? ""))
                let last = try #require(EventTimestamp(headers["warren-last-failed-at"] as? String ?? ""))
                #expect(before.milliseconds <= first.milliseconds)
                #expect((2000...2300).contains(last.milliseconds - first.milliseconds))
                // What the ladder adds is not carried on, and what is over is not said.
                #expect(headers.keys.allSatisfy { $0.hasPrefix("warren-") || $0 == "x-delivery-count" })
                #expect(headers["warren-attempt"] == nil)
                let left = try await withClient(url) { try await $0.count("billing") }
                #expect(left == 0 && bus.statistics.failed == 3 && bus.statistics.deadLettered == 1)
            }
        }

        @Test("While an event waits for its next attempt others are handled, one at a time as ever")
        func othersGoOn() async throws {
            try await withBus { bus, _ in
                let order = Shared<[Int]>([])
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { event, context in
                    order.change { $0.append(event.orderID) }
                    if event.orderID == 0, context.attempt == 1 { throw Unlucky() }
                }.ready()
                for id in 0..<100 { try await bus.publish(OrderPaid(orderID: id)) }
                try await eventually("all are handled") { bus.statistics.handled == 100 }
                #expect(order.value == Array(0..<100) + [0])
            }
        }

        @Test("A handler that asks for another attempt gets it at a step that no policy has announced")
        func asked() async throws {
            try await withBus { bus, url in
                let tries = Tries()
                try await bus.subscribe(
                    OrderPaid.self,
                    as: "billing",
                    retry: .immediate(1),
                    deciding: { _, context in
                        tries.begin(context)
                        return context.attempt == 1 ? .retry(after: .seconds(2)) : .ack
                    }
                ).ready()
                try await withClient(url) { client in
                    await #expect(throws: AMQPError.self) { try await client.count("warren.delay.2000") }
                    try await bus.publish(OrderPaid(orderID: 1))
                    try await eventually("it is handled") { bus.statistics.handled == 1 }
                    #expect(try await client.count("warren.delay.2000") == 0)
                }
                #expect(tries.ofOnlyEvent == [1, 2])
                tries.expectWaits([.seconds(2)])
            }
        }

        @Test("Where a batch fails, each event that fails alone waits for itself, and comes back with its attempts")
        func batch() async throws {
            try await withBus { bus, _ in
                let tries = Tries()
                let subscriber = Subscriber(
                    "billing",
                    to: [try TopicPattern("#")],
                    retry: .fixed(maxAttempts: 3, delay: .seconds(1)),
                    handler: .batch(upTo: 10) { contexts in
                        let events = try contexts.map { try $0.occurrence.decode(as: OrderPaid.self) }
                        let isUnlucky = zip(events, contexts).contains { $0.orderID % 3 == 0 && $1.attempt < 3 }
                        if contexts.count == 1 || !isUnlucky { for context in contexts { tries.begin(context) } }
                        if isUnlucky { throw Unlucky() }
                    }
                )
                for id in 0..<30 {
                    // They wait in the queue, so that they come in batches.
                    if id == 0 { _ = try await bus.add(subscriber).ready() }
                    try await bus.publish(OrderPaid(orderID: id))
                }
                try await eventually("all are handled") { bus.statistics.handled == 30 }
                let attempts = tries.attempts
                #expect(attempts.count == 30 && attempts.filter { $0 == [1, 2, 3] }.count == 10)
                #expect(attempts.filter { $0 == [1] }.count == 20 && bus.statistics.failed == 20)
            }
        }

        @Test("10,000 events of which every third fails once: each is handled, and each that failed twice tried")
        func many() async throws {
            try await withBus { bus, url in
                let count = 10_000
                let (log, tries) = (EventLog(bus), Tries())
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: policy, concurrency: 32) {
                    event,
                    context in
                    tries.begin(context)
                    if event.orderID % 10 < 3, context.attempt == 1 { throw Unlucky() }
                }.ready()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for task in 0..<50 {
                        group.addTask {
                            for id in (count / 50 * task)..<(count / 50 * (task + 1)) {
                                try await bus.publish(OrderPaid(orderID: id))
                            }
                        }
                    }
                    try await group.waitForAll()
                }
                try await eventually("all are handled", within: .seconds(120)) { bus.statistics.handled >= count }
                let attempts = tries.attempts
                #expect(attempts.count == count && bus.statistics.handled == count && bus.statistics.failed == 3000)
                #expect(attempts.filter { $0 == [1, 2] }.count == 3000 && attempts.filter { $0 == [1] }.count == 7000)
                #expect(log.all(.notSettled).isEmpty && bus.statistics.deadLettered == 0)
                let left = try await withClient(url) { try await $0.counts("billing", "warren.delay.1000") }
                #expect(left == [0, 0])
            }
        }
    }
}
