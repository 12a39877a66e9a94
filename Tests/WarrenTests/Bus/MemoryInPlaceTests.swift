import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@Suite("A bus in memory whose publishes wait for handlers")
struct MemoryInPlaceTests {
    private let clock = HeldClock()

    private func bus() throws -> MemoryEventBus {
        var configuration = MemoryEventBusConfiguration()
        configuration.dispatch = .inPlace
        configuration.publishTimeout = .seconds(10)
        configuration.limits.timeout = .seconds(3600)
        configuration.limits.shutdownGrace = .zero
        return try MemoryEventBus(service: "test", configuration: configuration, clock: clock)
    }

    @Test("calls observers in the order in which they came, before the publish returns, also before it runs")
    func observers() async throws {
        let (bus, seen) = (try bus(), Seen<String>())
        try bus.observe(Counted.self) { event, _ in
            seen.add("first \(event.number)")
            throw Refused()
        }
        try bus.observe("Test.#") { envelope, _ in seen.add("second \(envelope.eventType)") }
        try bus.observe(Counted.self) { event, context in seen.add("third \(event.number) \(context.attempt)") }
        try await bus.publish(Counted(1))
        #expect(seen.all == ["first 1", "second Test.Counted", "third 1 1"])
        let statistics = bus.statistics
        #expect(statistics.published == 1 && statistics.keptLocal == 1 && statistics.observed == 3)
        #expect(statistics.failed == 1)
    }

    @Test("hands the very value over, however an event is published")
    func identity() async throws {
        let (bus, things) = (try bus(), Seen<Thing>())
        try bus.observe(Unwritable.self) { event, context in
            things.add(event.thing)
            things.add(try context.occurrence.decode(as: Unwritable.self).thing)
        }
        try bus.subscribe(Unwritable.self, as: "typed") { event, _ in things.add(event.thing) }
        let event = Unwritable()
        try await withRunning(bus) {
            try await bus.publish(event)
            let any: any EventBus = bus
            try await any.publish(event)
        }
        #expect(things.count == 6)
        #expect(things.all.allSatisfy { $0 === event.thing })
    }

    @Test("tells whoever wants an envelope that a value cannot be one")
    func unwritable() async throws {
        let bus = try bus()
        let (failed, dead) = (listen(to: bus, for: .observerFailed), listen(to: bus, for: .deadLettered))
        let attempts = Seen<Int>()
        try bus.observe("#") { _, _ in attempts.add(1) }
        try bus.subscribe(to: ["#"], as: "envelopes", retry: .immediate(5)) { _, _ in attempts.add(1) }
        try await withRunning(bus) {
            try await bus.publish(Unwritable())
            try await eventually { failed.count == 1 && dead.count == 1 }
        }
        let reason = "the event 'Test.Unwritable' cannot be written as JSON: a thing is a thing"
        #expect(failed.all.first?.reason?.hasSuffix(reason) == true)
        #expect(dead.all.first?.reason == "unencodable: \(reason)")
        #expect(attempts.count == 0)
        #expect(bus.statistics.failed == 2 && bus.statistics.deadLettered == 1)
    }

    @Test("waits for handlers until the deadline of the publish, and they go on")
    func deadline() async throws {
        let (bus, gate, seen) = (try bus(), StopSignal(), Seen<Int>())
        try bus.subscribe(Counted.self, as: "slow") { event, _ in
            await gate.wait()
            seen.add(event.number)
        }
        try await withRunning(bus) {
            let publish = Task { await busError { try await bus.publish(Counted(1)) } }
            // The watch over the handler, and the publish.
            try await eventually { clock.sleeperCount == 2 }
            clock.advance(by: .seconds(10) - .nanoseconds(1))
            #expect(clock.sleeperCount == 2)
            clock.advance(by: .nanoseconds(1))
            let error = await publish.value
            #expect(error?.code == .timedOut)
            #expect(error?.message == "the handlers of 'Test.Counted' had not ended after 10.0 seconds; they go on")
            gate.stop()
            await seen.become([1])
        }
    }

    @Test("lets a publish that is cancelled go, and the handlers go on")
    func cancelled() async throws {
        let (bus, gate, seen) = (try bus(), StopSignal(), Seen<Int>())
        try bus.subscribe(Counted.self, as: "slow") { event, _ in
            await gate.wait()
            seen.add(event.number)
        }
        try await withRunning(bus) {
            let publish = Task { await busError { try await bus.publish(Counted(1)) } }
            try await eventually { clock.sleeperCount == 2 }
            publish.cancel()
            #expect(await publish.value?.code == .cancelled)
            gate.stop()
            await seen.become([1])
        }
    }

    @Test("waits for all that follows from an event, while handlers do not wait for each other")
    func consequences() async throws {
        let (bus, seen) = (try bus(), Seen<String>())
        try bus.subscribe(Counted.self, as: "first") { event, context in
            try await bus.publish(Followed(number: event.number), causedBy: context)
            seen.add("counted \(event.number)")
        }
        try bus.subscribe(Followed.self, as: "second") { event, _ in
            await Task.yield()
            seen.add("followed \(event.number)")
            if event.number > 0 { try await bus.publish(Counted(event.number - 1)) }
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(3))
            #expect(seen.count == 8)
            #expect(Set(seen.all).count == 8)
        }
    }

    @Test("lets a handler of batches publish to itself")
    func batches() async throws {
        let (bus, seen, gate) = (try bus(), Seen<Int>(), StopSignal())
        let handler = Subscriber.Handler.batch(upTo: 10) { contexts in
            await gate.wait()
            for context in contexts {
                let number = try context.occurrence.decode(as: Counted.self).number
                seen.add(number)
                if number > 0 { try await bus.publish(Counted(number - 1)) }
            }
        }
        _ = try bus.add(Subscriber("batches", to: [try TopicPattern("#")], handler: handler))
        try await withRunning(bus) {
            let tasks = (0..<6).map { _ in Task { await busError { try await bus.publish(Counted(4)) } } }
            try await eventually { bus.statistics.published == 6 }
            gate.stop()
            for task in tasks { #expect(await task.value == nil) }
            try await eventually { bus.statistics.handled == 30 }
        }
        #expect(seen.all.sorted() == (0...4).flatMap { Array(repeating: $0, count: 6) })
    }

    @Test("a task that a handler leaves behind may publish when nobody waits any more")
    func leftBehind() async throws {
        let (bus, gate, seen) = (try bus(), StopSignal(), Seen<Int>())
        try bus.subscribe(Counted.self, as: "leaving") { event, _ in
            Task {
                await gate.wait()
                try await bus.publish(Followed(number: event.number))
                // Nobody waited for it, so it waited for its handlers itself.
                seen.add(event.number + 100)
            }
        }
        try bus.subscribe(Followed.self, as: "following") { event, _ in seen.add(event.number) }
        try await withRunning(bus) {
            try await bus.publish(Counted(1))
            gate.stop()
            await seen.become([1, 101])
        }
    }
}
