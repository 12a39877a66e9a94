import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Where events leave the ladder")
    struct LadderExits {
        @Test(
            "Events that wait for a queue that is deleted become dead letters, and hold up nobody else's",
            arguments: [true, false]
        )
        func deletedQueue(isQuorum: Bool) async throws {
            try await withBus {
                $0.queueKind = isQuorum ? .quorum : .classic
            } _: { bus, url in
                // More than a broker looks at before it stands still.
                let count = 50
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(5))
                let (gone, here) = (Tries(), Tries())
                let leaving = try bus.subscribe(to: ["Leaving.#"], as: "gone", retry: policy) { _, context in
                    gone.begin(context)
                    throw Unlucky()
                }
                try await leaving.ready()
                try await bus.subscribe(OrderPaid.self, as: "here", retry: policy) { _, context in
                    here.begin(context)
                    if context.attempt == 1 { throw Unlucky() }
                }.ready()
                let exit = isQuorum ? "warren.retry" : "warren.retry.classic"
                try await withClient(url) { client in
                    for number in 0..<count {
                        let json = #"{"event_type": "Leaving.N\#(number)", "event_id": "\#(number)"}"#
                        try await bus.publish(try EventEnvelope(completing: Array(json.utf8), source: "test"))
                    }
                    let step = isQuorum ? "warren.delay.5000" : "warren.delay.classic.5000"
                    try await eventually("all wait") { try await client.count(step) == count }
                    leaving.cancel()
                    try await client.withChannel { _ = try await $0.deleteQueue("gone") }
                    try await bus.publish(OrderPaid(orderID: 1))
                    try await eventually("the other's is handled") { bus.statistics.handled == 1 }
                    #expect(here.ofOnlyEvent == [1, 2])

                    let letters = RabbitMQDeadLetters(client: client, queue: exit)
                    try await eventually("the rest are dead letters") {
                        try await client.count("\(exit).dead") == count
                    }
                    let head = try #require(try await letters.list(.all, limit: 1).first)
                    #expect(head.failure.error.contains("its queue 'gone' was gone") && head.failure.attempts == 1)
                    #expect(head.failure.handler == "gone" && head.brokerReason == "expired")
                    #expect(head.exchange == "events" && head.routingKey?.hasPrefix("Leaving.") == true)
                    let kept = try await letters.requeue(.all, limit: 1).kept
                    #expect(kept.first?.reason.contains("'gone' is not there") == true)

                    let handled = Shared<Set<String>>([])
                    try await bus.subscribe(to: ["Leaving.#"], as: "gone") { event, context in
                        #expect(context.attempt == 1)
                        handled.change { _ = $0.insert(event.eventType) }
                    }.ready()
                    #expect(try await letters.requeue(.all).ids.count == count)
                    try await eventually("they are handled where they belong") { handled.value.count == count }
                    #expect(try await client.count("\(exit).dead") == 0)
                }
            }
        }

        @Test("An exit that was deleted is there again with the next subscription that begins")
        func deletedExit() async throws {
            try await withBus { bus, url in
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                func subscribe(_ name: String, _ tries: Tries) async throws {
                    try await bus.subscribe(OrderPaid.self, as: name, retry: policy) { _, context in
                        tries.begin(context)
                        if context.attempt == 1 { throw Unlucky() }
                    }.ready()
                }
                try await subscribe("first", Tries())
                try await withClient(url) { client in
                    try await client.withChannel { try await $0.deleteExchange("warren.retry") }
                }
                let tries = Tries()
                try await subscribe("second", tries)
                try await bus.publish(OrderPaid(orderID: 1))
                try await eventually("it is handled at its second attempt") { tries.ofOnlyEvent == [1, 2] }
            }
        }

        @Test("The way back of a queue that was deleted and comes again is there again, too")
        func comesAgain() async throws {
            try await withBus { bus, url in
                let tries = Tries()
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                let log = EventLog(bus)
                let handle = try bus.subscribe(OrderPaid.self, as: "billing", retry: policy) { _, context in
                    tries.begin(context)
                    if context.attempt == 1 { throw Unlucky() }
                }
                try await handle.ready()
                try await withClient(url) { client in
                    try await client.withChannel { _ = try await $0.deleteQueue("billing") }
                    try await log.first(.subscriptionLost)
                    try await eventually("it is consumed again") {
                        try await bus.publish(OrderPaid(orderID: 1)) == .confirmed(routed: true)
                    }
                }
                try await eventually("it is handled at its second attempt") { bus.statistics.handled == 1 }
                #expect(tries.ofOnlyEvent == [1, 2])
            }
        }
    }
}
