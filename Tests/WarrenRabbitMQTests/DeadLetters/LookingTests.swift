import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Looking at dead letters")
    struct Looking {
        @Test(
            "a hundred times loses and reorders none, however many are looked at each time",
            arguments: RabbitMQEventBusConfiguration.QueueKind.allCases
        )
        func again(_ kind: RabbitMQEventBusConfiguration.QueueKind) async throws {
            try await DeadLetterYard.use(kind, count: 1000) { yard in
                for round in 0..<100 {
                    let limit = [1000, 7, 100, 1, 5000, 999][round % 6]
                    let seen = try await yard.letters.list(.all, limit: limit)
                    #expect(seen.map(\.eventID) == (0..<min(limit, 1000)).map { "id-\($0)" })
                }
                #expect(try await yard.drain("billing.dead") == Array(0..<1000))
            }
        }

        @Test(
            "takes no more than are wanted, and of those that were looked at before all",
            arguments: RabbitMQEventBusConfiguration.QueueKind.allCases
        )
        func few(_ kind: RabbitMQEventBusConfiguration.QueueKind) async throws {
            try await DeadLetterYard.use(kind, count: 3000) { yard in
                for limit in [40, 10, 40] {
                    #expect(try await yard.letters.list(.all, limit: limit).count == limit)
                }
                let all = try await yard.takeAll("billing.dead")
                let looked = all.prefix { $0.redelivered }.count
                #expect(looked >= 40 && looked <= 300)
                #expect(!all.dropFirst(looked).contains { $0.redelivered })
            }
        }

        @Test(
            "that scans many more than it holds at a time leaves them in order, with what came meanwhile behind them",
            arguments: RabbitMQEventBusConfiguration.QueueKind.allCases
        )
        func scan(_ kind: RabbitMQEventBusConfiguration.QueueKind) async throws {
            try await DeadLetterYard.use(kind, count: 3500) { yard in
                let last = DeadLetterFilter(ids: ["id-3499"])
                for round in 0..<3 {
                    #expect(try await yard.letters.list(last, limit: 1).map(\.eventID) == ["id-3499"])
                    #expect(try await yard.letters.list(.all, limit: 20).count == 20)
                    try await yard.add(3500 + round..<3501 + round)
                }
                #expect(try await yard.drain("billing.dead") == Array(0..<3503))
            }
        }

        @Test("that is cancelled in the middle gives back what it holds in order")
        func cancelled() async throws {
            try await DeadLetterYard.use(count: 3000) { yard in
                for _ in 0..<3 {
                    let seen = Shared(0)
                    let task = Task {
                        try await QueueLook.use(yard.client, "billing.dead", expecting: .max) { look in
                            while true {
                                let count = try await look.nextAtLast(upTo: 100).count
                                seen.change { $0 += count }
                            }
                        }
                    }
                    try await eventually("some are seen") { seen.value >= 1500 }
                    task.cancel()
                    await #expect(throws: (any Error).self) { try await task.value }
                }
                #expect(try await yard.drain("billing.dead") == Array(0..<3000))
            }
        }

        @Test("shows the whole event and what is known of it")
        func show() async throws {
            try await withBus { bus, _ in
                let log = EventLog(bus)
                try await bus.subscribe(OrderPaid.self, as: "billing", retry: .immediate(1)) { _, _ in
                    throw NoSuchOrder()
                }.ready()
                try await bus.publish(OrderPaid(orderID: 7), correlationID: "c")
                try await log.first(.deadLettered)
                let store = bus.deadLetterStore(of: "billing")
                let head = try #require(try await store.list().first)
                let letter = try #require(try await store.show(id: head.eventID).first)
                #expect(letter.head == head)
                #expect(letter.event.correlationID == "c" && letter.event.eventID == head.eventID)
                #expect(String(decoding: letter.event.payload.bytes, as: UTF8.self) == #"{"orderID":7}"#)
                #expect((head.exchange, head.routingKey) == ("events", "Order.Paid"))
                #expect(head.eventType == "Order.Paid" && head.size == letter.event.json().count)
                #expect(head.failure.error == "no order 7" && head.failure.errorType == "NoSuchOrder")
                #expect(head.failure.attempts == 2 && head.failure.handler == "billing")
                #expect(head.host?.isEmpty == false && head.brokerReason == nil)
                #expect(try await store.show(id: "none").isEmpty)
            }
        }

        @Test("finds those that are meant: by id, type, error and age")
        func filters() async throws {
            try await DeadLetterYard.use(count: 60) { yard in
                let time = EventTimestamp(milliseconds: DeadLetterYard.firstFailure + 30_000)
                let cases: [(filter: DeadLetterFilter, numbers: [Int])] = [
                    (DeadLetterFilter(ids: ["id-5", "id-50", "none"]), [5, 50]),
                    (DeadLetterFilter(type: try TopicPattern("*.Paid")), (0..<20).map { $0 * 3 }),
                    (DeadLetterFilter(error: "timeout"), [0, 10, 20, 30, 40, 50]),
                    (DeadLetterFilter(error: "ORDER 4"), [4] + (41..<50)),
                    (DeadLetterFilter(failedBefore: time), Array(0..<30)),
                    (DeadLetterFilter(failedSince: time), Array(30..<60)),
                    (DeadLetterFilter(type: try TopicPattern("*.Paid"), error: "timeout"), [0, 30]),
                    (.all, Array(0..<60)),
                ]
                for (filter, numbers) in cases {
                    for limit in [100, 3, 0] {
                        let seen = try await yard.letters.list(filter, limit: limit)
                        #expect(seen.map(\.eventID) == numbers.prefix(limit).map { "id-\($0)" })
                    }
                }
                #expect(try await yard.drain("billing.dead") == Array(0..<60))
            }
        }
    }
}
