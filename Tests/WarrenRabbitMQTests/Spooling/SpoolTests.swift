import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenStorage
import WarrenTesting

extension BusTests {
    @Suite("A bus with a spool")
    struct Spooling {
        @Test("Broker away from the start: all is spooled, and handled in its order when the broker is there")
        func awayFromTheStart() async throws {
            try await withSpool { spool, url, proxy in
                proxy.refuse()
                try await withBus(proxy.url, spool: spool) { bus in
                    let (log, seen) = (EventLog(bus), Shared<[Int]>([]))
                    try bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                        seen.change { $0.append(order.orderID) }
                    }
                    for id in 0..<300 {
                        let receipt = try await bus.publish(OrderPaid(orderID: id))
                        #expect(receipt == .spooled)
                    }
                    #expect(spool.status.count == 300 && seen.value.isEmpty)
                    #expect(bus.statistics.spooled == 300 && bus.statistics.confirmed == 0)
                    #expect(log.all(.spooling).count == 1)

                    try proxy.accept()
                    try await eventually("all are handled", within: .seconds(60)) { seen.value.count >= 300 }
                    #expect(seen.value == Array(0..<300))
                    try await log.first(.spoolEmptied)
                    #expect(spool.status == SpoolStatus())
                    let receipt = try await bus.publish(OrderPaid(orderID: 300))
                    #expect(receipt == .confirmed(routed: true))
                    #expect(bus.statistics.published == 301 && bus.statistics.confirmed == 301)
                    #expect(bus.statistics.unrouted == 0)
                }
            }
        }

        @Test("Connections cut again and again: what was accepted is handled, directly or from the spool")
        func cuts() async throws {
            try await withSpool { spool, url, proxy in
                try await withBus(proxy.url, spool: spool) { bus in
                    let (seen, accepted) = (Shared<[Int: Int]>([:]), Shared<Set<Int>>([]))
                    let receipts = Shared<Set<PublishReceipt>>([])
                    try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 4) { order, _ in
                        seen.change { $0[order.orderID, default: 0] += 1 }
                    }.ready()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for task in 0..<8 {
                            group.addTask {
                                for number in 0..<200 {
                                    let id = task * 1000 + number
                                    let receipt = try await bus.publish(OrderPaid(orderID: id))
                                    accepted.change { _ = $0.insert(id) }
                                    receipts.change { _ = $0.insert(receipt) }
                                }
                            }
                        }
                        for cut in 1...4 {
                            let before = accepted.value.count
                            try await eventually("some more are accepted", within: .seconds(60)) {
                                accepted.value.count >= min(before + 100, 1600)
                            }
                            proxy.refuse()
                            proxy.cut(cut.isMultiple(of: 2) ? .reset : .orderly)
                            try await eventually("some go into the spool", within: .seconds(60)) {
                                bus.statistics.spooled >= cut * 20 || accepted.value.count == 1600
                            }
                            try proxy.accept()
                        }
                        try await group.waitForAll()
                    }
                    #expect(accepted.value.count == 1600)
                    #expect(receipts.value.isSuperset(of: [.spooled, .confirmed(routed: true)]))
                    try await eventually("all are handled", within: .seconds(60)) { seen.value.count == 1600 }
                    try await eventually("the spool is empty") { spool.status.count == 0 }
                    // Twice is what nobody had an answer for, and what was in flight to the handler.
                    #expect(seen.value.values.allSatisfy { $0 <= 5 })
                }
            }
        }

        @Test("Broker that takes no publishes: events are spooled at once, and go out when it does")
        func blocked() async throws {
            try await withBreakableBroker { broker, url in
                try await withStore { spool in
                    try await withBus(url, spool: spool) { configuration in
                        // So long waits the one publish that is on its way just then.
                        configuration.publishTimeout = .seconds(3)
                    } _: { bus in
                        let (log, seen) = (EventLog(bus), Shared<[Int]>([]))
                        try await bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                            seen.change { $0.append(order.orderID) }
                        }.ready()
                        try await eventually("events go to the broker") {
                            try await bus.publish(OrderPaid(orderID: 0)) == .confirmed(routed: true)
                        }
                        try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "0"])
                        try await eventually("events go into the spool", within: .seconds(60)) {
                            try await bus.publish(OrderPaid(orderID: 1)) == .spooled
                        }
                        try await log.first(.spooling)
                        for id in 2..<50 { #expect(try await bus.publish(OrderPaid(orderID: id)) == .spooled) }
                        try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "0.4"])
                        try await eventually("all are handled", within: .seconds(60)) {
                            Set(seen.value) == Set(0..<50)
                        }
                    }
                }
            }
        }

        @Test("What the broker will never take is put aside, named, and goes out when a person has seen to it")
        func parked() async throws {
            let broker = try await LocalBroker.shared()
            try await withSpool { spool, url, proxy in
                let vhost = try AMQPURL(url).vhost
                try await broker.rabbitmqctl([
                    "set_topic_permissions", "-p", vhost, "guest", "events", "^Order", ".*",
                ])
                proxy.refuse()
                try await withBus(proxy.url, spool: spool) { bus in
                    let (log, seen) = (EventLog(bus), Shared<[String]>([]))
                    try bus.subscribe(to: ["#"], as: "audit") { event, _ in
                        seen.change { $0.append(event.eventType) }
                    }
                    for type in ["Order.A", "Secret.B", "Order.C", "Order.D"] {
                        let json = #"{"event_type": "\#(type)", "event_id": "\#(type)"}"#
                        let event = try EventEnvelope(completing: Array(json.utf8), source: "test")
                        #expect(try await bus.publish(event) == .spooled)
                    }
                    try proxy.accept()
                    try await eventually("the others are handled", within: .seconds(60)) {
                        Set(seen.value) == ["Order.A", "Order.C", "Order.D"]
                    }
                    let told = try await log.first(.parked)
                    #expect(told.eventID == "Secret.B" && told.reason?.contains("ACCESS_REFUSED") == true)
                    let letters = spool.parkedLetters
                    let heads = try await letters.list()
                    #expect(heads.map(\.eventID) == ["Secret.B"] && heads.first?.failure.errorType == "parked")
                    #expect(spool.status.parkedCount == 1 && bus.statistics.parked == 1)

                    try await broker.rabbitmqctl(["clear_topic_permissions", "-p", vhost, "guest"])
                    #expect(try await letters.requeue(.all).ids == ["Secret.B"])
                    try await eventually("it goes out", within: .seconds(60)) { seen.value.contains("Secret.B") }
                    #expect(try await letters.list().isEmpty)
                }
            }
        }

        @Test("A full spool takes nothing more and says so; what it has goes out, and then there is room again")
        func full() async throws {
            try await withSpool(SpoolBounds(bytes: 2000)) { spool, url, proxy in
                proxy.refuse()
                try await withBus(proxy.url, spool: spool) { bus in
                    let seen = Shared(0)
                    try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in seen.change { $0 += 1 } }
                    var taken = 0
                    var refusal: EventBusError?
                    while refusal == nil {
                        refusal = await failure { try await bus.publish(OrderPaid(orderID: taken)) }
                        if refusal == nil { taken += 1 }
                        try #require(taken < 100)
                    }
                    #expect(refusal?.code == .unavailable && refusal?.message.contains("spool") == true)
                    #expect(taken > 1 && spool.status.count == taken)
                    try proxy.accept()
                    try await eventually("all are handled", within: .seconds(60)) { seen.value == taken }
                    try await bus.publish(OrderPaid(orderID: -1))
                    try await eventually("and what came after") { seen.value == taken + 1 }
                }
            }
        }

        @Test("A publish before the bus runs ends at its deadline, and says that nothing is written before")
        func beforeTheRun() async throws {
            try await withStore { spool in
                var configuration = RabbitMQEventBusConfiguration()
                configuration.publishTimeout = .milliseconds(200)
                let url = "amqp://127.0.0.1:1"
                let bus = try RabbitMQEventBus(url: url, service: "test", configuration: configuration, spool: spool)
                let error = await failure { try await bus.publish(OrderPaid(orderID: 1)) }
                #expect(error?.code == .unknown && error?.message.contains("only while the bus runs") == true)
                #expect(spool.status.count == 0)
            }
        }

        @Test("A bus that ends leaves what waits to the next one, which sends it before anything new")
        func nextRun() async throws {
            try await withSpool { spool, url, proxy in
                // The queue has to be there, or what goes out first would pass it by.
                try await withBus(proxy.url) { bus in
                    try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }.ready()
                }
                proxy.refuse()
                try await withBus(proxy.url, spool: spool) { bus in
                    for id in 0..<10 { try await bus.publish(OrderPaid(orderID: id)) }
                }
                #expect(spool.status.count == 10)
                try proxy.accept()
                try await withBus(proxy.url, spool: spool) { bus in
                    let seen = Shared<[Int]>([])
                    try bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                        seen.change { $0.append(order.orderID) }
                    }
                    try await bus.publish(OrderPaid(orderID: 10))
                    try await eventually("all are handled") { seen.value.count == 11 }
                    #expect(seen.value == Array(0...10))
                }
            }
        }

        @Test("An event that another instance's observers have seen is hidden from them also when it was spooled")
        func origin() async throws {
            try await withSpool { spool, url, proxy in
                proxy.refuse()
                let local = try MemoryEventBus(service: "test")
                let remote = try RabbitMQEventBus(url: proxy.url, service: "test", spool: spool)
                let bus = HybridEventBus(local: local, remote: remote)
                let run = Task { try await bus.run() }
                let seen = Shared<[Int]>([])
                try bus.observe(OrderPaid.self) { order, _ in seen.change { $0.append(order.orderID) } }
                #expect(try await bus.publish(OrderPaid(orderID: 1)) == .spooled)
                try await eventually("its own observer sees it at once") { seen.value == [1] }
                try proxy.accept()
                try await eventually("it has gone out") { spool.status.count == 0 }
                try await eventually("events go out again") {
                    try await bus.publish(OrderPaid(orderID: 2)) != .spooled
                }
                try await eventually("the observer sees what follows") { seen.value.contains(2) }
                #expect(seen.value.filter { $0 == 1 }.count == 1)
                run.cancel()
                try await run.value
            }
        }
    }
}
