import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenStorage
import WarrenTesting

extension BusTests {
    @Suite("With an inbox")
    struct Inbox {
        @Test("An event that is published twice is handled once, also by another process, and after a restart")
        func duplicates() async throws {
            try await withVhost { url in
                try await withPayments { payments, path in
                    let event = EventEnvelope(
                        type: try EventType(OrderPaid.type),
                        source: "shop",
                        payload: try EventPayload(json: Array(#"{"orderID":7}"#.utf8))
                    )
                    let other = try await PaymentsDatabase(path)
                    let handled = Shared(0)
                    @Sendable func handle(_ order: OrderPaid, _ context: EventContext) async throws {
                        handled.change { $0 += 1 }
                        try await PaymentsDatabase.enter(order, context)
                    }
                    try await withBus(url, inbox: payments.inbox) { bus in
                        try await withBus(url, inbox: other.inbox) { second in
                            let log = EventLog(bus)
                            try await bus.subscribe(OrderPaid.self, as: "billing", handle).ready()
                            try await second.subscribe(OrderPaid.self, as: "billing", handle).ready()
                            for _ in 0..<20 { try await bus.publish(event) }
                            try await eventually("all are dealt with") {
                                (bus.statistics + second.statistics).duplicates == 19
                            }
                            #expect((bus.statistics + second.statistics).handled == 1)
                            if bus.statistics.duplicates > 0 {
                                #expect(try await log.first(.duplicate).eventID == event.eventID)
                            }
                        }
                    }
                    await other.close()
                    try await withBus(url, inbox: payments.inbox) { bus in
                        try await bus.subscribe(OrderPaid.self, as: "billing", handle).ready()
                        try await bus.publish(event)
                        try await eventually("it is a duplicate") { bus.statistics.duplicates == 1 }
                        // The same event is another one to somebody else.
                        try await bus.subscribe(OrderPaid.self, as: "shipping") { _, _ in
                            handled.change { $0 += 1 }
                        }.ready()
                        try await bus.publish(event)
                        try await eventually("it is handled there") { bus.statistics.handled == 1 }
                    }
                    #expect(handled.value == 2)
                    #expect(try await payments.orders() == [7])
                }
            }
        }

        @Test("What was committed when the connection went is not handled again, and all others are")
        func cut() async throws {
            try await withVhost { url in
                try await withPayments { payments, _ in
                    let proxy = try FaultProxy(to: url)
                    let (calls, mayGoOn) = (Shared<[Int: Int]>([:]), Shared(false))
                    try await withBus(proxy.url, inbox: payments.inbox) { bus in
                        let log = EventLog(bus)
                        try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 4) { order, context in
                            calls.change { $0[order.orderID, default: 0] += 1 }
                            try await PaymentsDatabase.enter(order, context)
                            // The way back is gone when it goes on.
                            if order.orderID == 0 { try await eventually("it may go on") { mayGoOn.value } }
                        }.ready()
                        try await withBus(url) { shop in
                            for id in 0..<100 { try await shop.publish(OrderPaid(orderID: id)) }
                            try await eventually("the first has committed") { calls.value[0] == 1 }
                            try await eventually("so has another") { bus.statistics.handled > 0 }
                            proxy.cut()
                            try await log.first(.connection) { $0.reason != nil }
                            mayGoOn.change { $0 = true }
                            for id in 100..<150 { try await shop.publish(OrderPaid(orderID: id)) }
                        }
                        try await eventually("all are dealt with", within: .seconds(60)) {
                            try await payments.orders().count >= 150 && bus.statistics.duplicates >= 1
                        }
                        try await withClient(url) { client in
                            try await eventually("nothing is left") { try await client.count("billing") == 0 }
                        }
                        #expect(bus.statistics.deadLettered == 0 && bus.statistics.failed == 0)
                    }
                    #expect(try await payments.orders() == Array(0..<150))
                    #expect(calls.value[0] == 1)
                    await proxy.stop()
                }
            }
        }

        @Test("A batch is committed event by event, and marked together, over lost connections too")
        func batches() async throws {
            try await withVhost { url in
                try await withPayments { payments, _ in
                    let proxy = try FaultProxy(to: url)
                    try await withBus(proxy.url, inbox: payments.inbox) { bus in
                        let subscriber = Subscriber(
                            "billing",
                            to: [try TopicPattern(OrderPaid.type)],
                            handler: .batch(upTo: 50) { contexts in
                                for context in contexts {
                                    let order = try context.occurrence.decode(as: OrderPaid.self)
                                    // Of the others it is noted by the bus that they were handled.
                                    if order.orderID % 2 == 0 { try await PaymentsDatabase.enter(order, context) }
                                }
                            }
                        )
                        try await bus.add(subscriber).ready()
                        try await withBus(url) { shop in
                            for id in 0..<300 {
                                try await shop.publish(OrderPaid(orderID: id))
                                if id % 100 == 50 { proxy.cut() }
                            }
                        }
                        try await withClient(url) { client in
                            try await eventually("all are dealt with", within: .seconds(60)) {
                                let statistics = bus.statistics
                                guard statistics.handled + statistics.duplicates >= 300 else { return false }
                                return try await client.count("billing") == 0 && bus.inHand == 0
                            }
                        }
                    }
                    #expect(try await payments.orders() == Array(stride(from: 0, to: 300, by: 2)))
                    let marks = try await payments.database.read {
                        try $0.query("SELECT count(*) FROM warren_inbox")[0][0].integer
                    }
                    #expect(marks == 300)
                    await proxy.stop()
                }
            }
        }

        @Test("A message without an id is handled without the inbox, and counted")
        func unidentified() async throws {
            try await withVhost { url in
                let seen = Shared(0)
                try await withBus(url, inbox: try MemoryInboxStore()) { bus in
                    try await bus.subscribe(to: ["plain"], as: "billing") { _, _ in seen.change { $0 += 1 } }.ready()
                    try await withClient(url) { client in
                        for _ in 0..<3 {
                            try await client.publish(AMQPMessage("{}"), to: "events", routingKey: "plain")
                        }
                    }
                    try await eventually("all are handled") { bus.statistics.handled == 3 }
                    #expect(bus.statistics.unidentified == 3 && seen.value == 3)
                }
            }
        }

        @Test("On a full disk nothing is lost and no attempt counted; when there is room again all is handled, once")
        func full() async throws {
            try await withVhost { url in
                try await withPayments { payments, _ in
                    try await payments.limitPages(toFurther: 1)
                    try await withBus(url, inbox: payments.inbox) { bus in
                        let log = EventLog(bus)
                        let attempts = Shared<Set<Int>>([])
                        try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 2) { order, context in
                            attempts.change { _ = $0.insert(context.attempt) }
                            try await PaymentsDatabase.enter(order, context)
                        }.ready()
                        for id in 0..<200 { try await bus.publish(OrderPaid(orderID: id)) }
                        try await log.first(.inboxFailed) { $0.reason?.contains("disk is full") == true }
                        try await payments.limitPages(toFurther: nil)
                        try await eventually("all are handled", within: .seconds(60)) {
                            bus.statistics.handled == 200 && bus.inHand == 0
                        }
                        #expect(bus.statistics.failed == 0 && bus.statistics.deadLettered == 0)
                        #expect(attempts.value == [1])
                        let left = try await withClient(url) { try await $0.counts("billing", "billing.dead") }
                        #expect(left == [0, 0])
                    }
                    #expect(try await payments.orders() == Array(0..<200))
                }
            }
        }

        @Test("An inbox that is closed handles nothing and loses nothing; the next one handles all")
        func closed() async throws {
            try await withVhost { url in
                try await withPayments { payments, path in
                    let other = try await PaymentsDatabase(path)
                    try await withBus(url, inbox: other.inbox) { bus in
                        let log = EventLog(bus)
                        try await bus.subscribe(OrderPaid.self, as: "billing", PaymentsDatabase.enter).ready()
                        await other.close()
                        for id in 0..<3 { try await bus.publish(OrderPaid(orderID: id)) }
                        try await log.first(.inboxFailed)
                        #expect(bus.statistics.handled == 0 && bus.statistics.deadLettered == 0)
                    }
                    try await withBus(url, inbox: payments.inbox) { bus in
                        try await bus.subscribe(OrderPaid.self, as: "billing", PaymentsDatabase.enter).ready()
                        try await eventually("all are handled") { bus.statistics.handled == 3 }
                    }
                    #expect(try await payments.orders() == [0, 1, 2])
                }
            }
        }
    }
}
