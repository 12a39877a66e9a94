import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("From start to end")
    struct Lifetime {
        @Test("Broker killed in the middle: every confirmed event is handled, and the bus tells what happened once")
        func restart() async throws {
            try await withBreakableBroker { broker, url in
                try await withBus(url) { configuration in
                    configuration.publishTimeout = .seconds(60)
                } _: { bus in
                    let log = EventLog(bus)
                    let (seen, confirmed) = (Shared<Set<Int>>([]), Shared<Set<Int>>([]))
                    let observed = Shared(0)
                    try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 4) { order, _ in
                        seen.change { _ = $0.insert(order.orderID) }
                    }.ready()
                    try await bus.observe("#") { _, _ in observed.change { $0 += 1 } }.ready()
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for task in 0..<10 {
                            group.addTask {
                                for number in 0..<100 {
                                    let id = task * 100 + number
                                    let error = await failure { try await bus.publish(OrderPaid(orderID: id)) }
                                    #expect(error == nil || error?.code == .unknown)
                                    if error == nil { confirmed.change { _ = $0.insert(id) } }
                                }
                            }
                        }
                        try await eventually("a third is confirmed", within: .seconds(60)) {
                            confirmed.value.count > 300
                        }
                        try await broker.crash()
                        try await group.waitForAll()
                    }
                    #expect(confirmed.value.count > 500)
                    try await eventually("all confirmed ones are handled", within: .seconds(60)) {
                        confirmed.value.isSubset(of: seen.value)
                    }
                    let before = observed.value
                    try await eventually("the observer sees again") {
                        try await bus.publish(OrderPaid(orderID: 0))
                        return observed.value > before
                    }
                    let connection = log.all(.connection)
                    #expect(connection.filter { $0.reason?.hasPrefix("no connection") == true }.count == 1)
                    #expect(connection.filter { $0.reason == nil }.count == 2)
                }
            }
        }

        @Test("What was not begun when the connection went is not handled on its old delivery")
        func staleBacklog() async throws {
            try await withBreakableBroker { broker, url in
                try await withBus(url) { bus in
                    let (log, seen) = (EventLog(bus), Shared<[Int]>([]))
                    let mayGoOn = Shared(false)
                    try await bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                        seen.change { $0.append(order.orderID) }
                        if order.orderID == 0 { try await eventually("it may go on") { mayGoOn.value } }
                    }.ready()
                    for id in 0..<20 { try await bus.publish(OrderPaid(orderID: id)) }
                    try await eventually("the first is at work") { seen.value == [0] }
                    try await broker.crash()
                    try await log.first(.connection) { $0.reason != nil }
                    try await eventually("connected again", within: .seconds(60)) {
                        await failure { try await bus.publish(OrderPaid(orderID: 20)) } == nil
                    }
                    mayGoOn.change { $0 = true }
                    try await eventually("all are handled") { Set(seen.value) == Set(0...20) }
                    // The first one's handler did not know; the others were not begun.
                    #expect(seen.value.filter { $0 == 0 }.count == 2)
                    #expect((1..<20).allSatisfy { id in seen.value.filter { $0 == id }.count == 1 })
                    #expect(log.all(.notSettled).count == 1)
                }
            }
        }

        @Test("At the end a handler at work may finish, what was not begun stays, and a cancelled one is no failure")
        func shutdown() async throws {
            try await withVhost { url in
                for isPatient in [true, false] {
                    let name = isPatient ? "patient" : "impatient"
                    var configuration = RabbitMQEventBusConfiguration()
                    configuration.limits.shutdownGrace = isPatient ? .seconds(60) : .milliseconds(200)
                    let bus = try RabbitMQEventBus(url: url, service: "test", configuration: configuration)
                    let run = Task { try await bus.run() }
                    let (begun, mayEnd) = (Shared(0), Shared(false))
                    try await bus.subscribe(OrderPaid.self, as: name, retry: .immediate(3)) { _, _ in
                        begun.change { $0 += 1 }
                        while !mayEnd.value { try await Task.sleep(for: .milliseconds(5)) }
                    }.ready()
                    for id in 0..<10 { try await bus.publish(OrderPaid(orderID: id)) }
                    try await eventually("one is at work") { begun.value == 1 }
                    run.cancel()
                    try await withClient(url) { client in
                        if isPatient {
                            // What comes now is for others, while the handler is still at work.
                            try await eventually("nothing more is consumed") {
                                try await client.publish(AMQPMessage("{}"), to: "", routingKey: name)
                                return try await client.count(name) > 0
                            }
                            #expect(begun.value == 1)
                            try await client.withChannel { _ = try await $0.purgeQueue(name) }
                            mayEnd.change { $0 = true }
                        }
                        try await run.value
                        let left = isPatient ? 9 : 10
                        try await eventually("\(left) are left") { try await client.count(name) == left }
                        let dead = try await client.count("\(name).dead")
                        #expect(dead == 0)
                    }
                    #expect(begun.value == 1 && bus.statistics.failed == 0 && bus.statistics.deadLettered == 0)
                }
            }
        }

        @Test("What was not begun goes back with the channel, all together, and is counted as given back")
        func givenBackTogether() async throws {
            try await withVhost { url in
                let proxy = try FaultProxy(to: url, isRecording: true)
                let bus = try RabbitMQEventBus(url: proxy.url, service: "test")
                let log = EventLog(bus)
                let run = Task { try await bus.run() }
                let (begun, mayGoOn) = (Shared(0), Shared(0))
                try await bus.subscribe(OrderPaid.self, as: "billing") { order, _ in
                    begun.change { $0 += 1 }
                    while order.orderID >= mayGoOn.value { try await Task.sleep(for: .milliseconds(5)) }
                }.ready()
                for id in 0..<50 { try await bus.publish(OrderPaid(orderID: id)) }
                // While the first is at work the others come; then they are taken together.
                mayGoOn.change { $0 = 1 }
                try await eventually("many are taken") { begun.value == 2 && bus.inHand > 1 }
                let taken = bus.inHand
                run.cancel()
                mayGoOn.change { $0 = 2 }
                try await run.value
                #expect(begun.value == 2 && bus.statistics.handled == 2 && bus.statistics.released == taken - 1)
                #expect(log.all(.notSettled).isEmpty)
                try await withClient(url) { client in
                    try await eventually("48 are left") { try await client.count("billing") == 48 }
                }
                // Class 60, method 120: basic.nack.
                let nack: [UInt8] = [0, 60, 0, 120]
                #expect(proxy.recordings.allSatisfy { !$0.fromClient.contains(nack) })
                await proxy.stop()
            }
        }

        @Test("What was handled before the end does not come again")
        func handledBeforeTheEnd() async throws {
            try await withVhost { url in
                let seen = Shared<[Int: Int]>([:])
                for round in 1...5 {
                    try await withBus(url) { bus in
                        try await bus.subscribe(OrderPaid.self, as: "billing", concurrency: 8) { order, _ in
                            seen.change { $0[order.orderID, default: 0] += 1 }
                        }.ready()
                        if round == 1 { for id in 0..<1000 { try await bus.publish(OrderPaid(orderID: id)) } }
                        let goal = round * 200
                        try await eventually("a fifth of them") { seen.value.count >= min(goal, 1000) }
                    }
                }
                #expect(seen.value.count == 1000 && seen.value.values.allSatisfy { $0 == 1 })
            }
        }

        @Test("What a handler decides after it was cancelled leaves no copy beside the event")
        func decidedTooLate() async throws {
            try await withVhost { url in
                var configuration = RabbitMQEventBusConfiguration()
                configuration.limits.shutdownGrace = .milliseconds(100)
                let bus = try RabbitMQEventBus(url: url, service: "test", configuration: configuration)
                let run = Task { try await bus.run() }
                let begun = Shared(0)
                let handle = try bus.subscribe(
                    OrderPaid.self,
                    as: "billing",
                    deciding: { _, _ in
                        begun.change { $0 += 1 }
                        try? await Task.sleep(for: .seconds(3600))
                        return .deadLetter(reason: "too late")
                    }
                )
                try await handle.ready()
                try await bus.publish(OrderPaid(orderID: 1))
                try await eventually("it is at work") { begun.value == 1 }
                run.cancel()
                try await run.value
                try await withClient(url) { client in
                    try await eventually("it is in its queue again") { try await client.count("billing") == 1 }
                    let dead = try await client.count("billing.dead")
                    #expect(dead == 0)
                }
                #expect(bus.statistics.deadLettered == 0)
            }
        }

        @Test("A bus that never ran says so to who waits for a subscription, and is let go")
        func neverRun() async throws {
            weak var gone: RabbitMQEventBus?
            do {
                let bus = try RabbitMQEventBus(url: "amqp://localhost", service: "test")
                gone = bus
                let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
                try bus.observe(OrderPaid.self) { _, _ in }
                let error = await failure { try await handle.ready(within: .milliseconds(50)) }
                #expect(error?.code == .unavailable)
                #expect(error?.message == "waited for 0.05 seconds, but the bus's run() was never called")
                let waiting = Task { await failure { try await handle.ready() } }
                waiting.cancel()
                #expect(await waiting.value?.code == .cancelled)
            }
            try await eventually("the bus is let go") { gone == nil }
        }

        @Test("A subscription that is not ready in time says what is in the way")
        func notReady() async throws {
            let port = try ReservedPort()
            let bus = try RabbitMQEventBus(url: "amqp://guest:guest@127.0.0.1:\(port.number)", service: "test")
            let log = EventLog(bus)
            let run = Task { try await bus.run() }
            let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
            try await log.first(.connection)
            let error = await failure { try await handle.ready(within: .milliseconds(50)) }
            #expect(error?.code == .unavailable && error?.message.contains("\(port.number)") == true)
            run.cancel()
            try await run.value
        }

        @Test("A bus ends at once while it waits for a broker")
        func endsWithoutBroker() async throws {
            let port = try ReservedPort()
            let bus = try RabbitMQEventBus(url: "amqp://guest:guest@127.0.0.1:\(port.number)", service: "test")
            let log = EventLog(bus)
            let run = Task { try await bus.run() }
            let handle = try bus.subscribe(OrderPaid.self, as: "billing") { _, _ in }
            try await log.first(.connection)
            let clock = ContinuousClock()
            let start = clock.now
            run.cancel()
            try await run.value
            #expect(clock.now - start < .seconds(5))
            #expect(await failure { try await handle.ready() }?.code == .closed)
        }

        @Test("A broker short of memory: publishes wait, then say that it takes none; handlers go on")
        func blocked() async throws {
            try await withBreakableBroker { broker, url in
                try await withBus(url) { configuration in
                    configuration.publishTimeout = .seconds(2)
                } _: { bus in
                    let log = EventLog(bus)
                    let seen = Shared(0)
                    let mayGoOn = Shared(false)
                    try await bus.subscribe(OrderPaid.self, as: "billing") { _, _ in
                        try await eventually("it may go on") { mayGoOn.value }
                        seen.change { $0 += 1 }
                    }.ready()
                    for id in 0..<5 { try await bus.publish(OrderPaid(orderID: id)) }
                    try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "absolute", "1"])
                    // The broker says so to whoever publishes.
                    var error: EventBusError?
                    try await eventually("a publish is not taken", within: .seconds(60)) {
                        error = await failure { try await bus.publish(OrderPaid(orderID: 5)) }
                        return error?.code == .unavailable
                    }
                    #expect(error?.message.contains("memory") == true)
                    try await log.first(.connection) { $0.reason?.contains("takes no publishes") == true }
                    mayGoOn.change { $0 = true }
                    try await eventually("handlers go on") { seen.value >= 5 }
                    try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "0.4"])
                    try await eventually("publishing goes on", within: .seconds(60)) {
                        await failure { try await bus.publish(OrderPaid(orderID: 6)) } == nil
                    }
                }
            }
        }
    }
}
