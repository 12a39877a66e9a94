import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@Suite("A bus in memory by itself")
struct MemoryEventBusTests {
    private func bus(_ configure: (inout MemoryEventBusConfiguration) -> Void = { _ in }) throws -> MemoryEventBus {
        var configuration = MemoryEventBusConfiguration()
        configure(&configuration)
        return try MemoryEventBus(service: "test", configuration: configuration)
    }

    @Test("hands the very value over to queues too, and lets go of it when it was handled")
    func identity() async throws {
        let (bus, seen) = (try bus(), Seen<Bool>())
        weak var kept: Thing?
        try await withRunning(bus) {
            let things = Seen<ObjectIdentifier>()
            try bus.subscribe(Unwritable.self, as: "typed", concurrency: 3) { event, _ in
                things.add(ObjectIdentifier(event.thing))
            }
            try bus.observe(Unwritable.self) { event, _ in things.add(ObjectIdentifier(event.thing)) }
            do {
                let event = Unwritable()
                kept = event.thing
                try await bus.publish(event)
                try await eventually { things.count == 2 }
                #expect(things.all.allSatisfy { $0 == ObjectIdentifier(event.thing) })
                seen.add(true)
            }
            // Without any event after it.
            try await eventually("the value is let go") { kept == nil }
        }
        #expect(seen.count == 1)
    }

    @Test("writes every event as JSON and reads it again where it is told to")
    func forcesJSON() async throws {
        let bus = try bus { $0.forcesJSON = true }
        let error = await busError { try await bus.publish(Unwritable()) }
        #expect(error?.code == .invalidEvent)
        #expect(error?.message == "the event 'Test.Unwritable' cannot be written as JSON: a thing is a thing")
        #expect(bus.statistics.published == 0)
        let any: any EventBus = bus
        #expect(await busError { try await any.publish(Unwritable()) }?.code == .invalidEvent)
    }

    @Test("refuses a service without a name, or with one that does not fit a property", arguments: [0, 256])
    func service(length: Int) async throws {
        let error = await busError { _ = try MemoryEventBus(service: String(repeating: "s", count: length)) }
        #expect(error?.code == .invalidConfiguration)
        #expect(error?.message == "a service's name has 1 to 255 bytes, not \(length)")
    }

    @Test("refuses a correlation id that does not fit a property")
    func correlationID() async throws {
        let bus = try bus()
        try await bus.publish(Counted(1), correlationID: String(repeating: "c", count: 255))
        let error = await busError {
            try await bus.publish(Counted(1), correlationID: String(repeating: "c", count: 256))
        }
        #expect(error?.code == .invalidEvent)
        #expect(bus.statistics.published == 1)
    }

    @Test("says that it has ended to whoever publishes what it knew well before")
    func ended() async throws {
        let bus = try bus()
        try await withRunning(bus) {
            try await bus.publish(Counted(1))
            try await bus.publish(EventEnvelope(type: try EventType("a.b"), source: "s", payload: .null))
        }
        #expect(await busError { try await bus.publish(Counted(2)) }?.code == .closed)
        let envelope = EventEnvelope(type: try EventType("a.b"), source: "s", payload: .null)
        #expect(await busError { try await bus.publish(envelope) }?.code == .closed)
    }

    @Test("keeps the dead letter of a handler that was at work when its subscription left")
    func lateDeadLetter() async throws {
        let (bus, gate, begun) = (try bus(), StopSignal(), Seen<Int>())
        let handle = try bus.subscribe(Counted.self, as: "leaving") { event, _ in
            begun.add(event.number)
            await gate.wait()
            throw Refused()
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(7))
            await begun.become([7])
            handle.cancel()
            gate.stop()
            try await eventually { bus.deadLetters(of: "leaving").count == 1 }
            // Whoever has the name next has its dead letters too.
            try bus.subscribe(Counted.self, as: "leaving") { _, _ in throw Refused() }
            try await bus.publish(Counted(8))
            try await eventually { bus.deadLetters(of: "leaving").count == 2 }
        }
    }

    @Test("takes it for no failure that another bus has ended before a handler which publishes to it")
    func endedBefore() async throws {
        let (bus, other, gate, begun) = (try bus(), try bus(), StopSignal(), Seen<Int>())
        try await withRunning(other) {}
        try bus.subscribe(Counted.self, as: "forwarding") { event, _ in
            begun.add(event.number)
            await gate.wait()
            try await other.publish(event)
        }
        let run = Task { try await bus.run() }
        try await bus.publish(Counted(1))
        await begun.become([1])
        run.cancel()
        gate.stop()
        try await run.value
        #expect(bus.statistics.failed == 0 && bus.statistics.released == 1)
        #expect(bus.deadLetters(of: "forwarding").isEmpty)
    }

    @Test("tells when all that was published is dealt with")
    func drain() async throws {
        let (bus, gate, seen) = (try bus(), StopSignal(), Seen<Int>())
        try bus.subscribe(Counted.self, as: "slow", retry: .immediate(1), concurrency: 2) { event, context in
            if event.number == 0 { await gate.wait() }
            seen.add(event.number)
            if context.attempt == 1 { throw Refused() }
        }
        await bus.drain()
        try await withRunning(bus) {
            for number in 0..<10 { try await bus.publish(Counted(number)) }
            let drained = Seen<Int>()
            let task = Task {
                await bus.drain()
                drained.add(seen.count)
            }
            try await eventually { seen.count == 18 }
            #expect(drained.count == 0)
            gate.stop()
            await task.value
            #expect(drained.all == [20])
        }
    }

    @Test("forgets those that come and go before it runs, and while it does")
    func comingAndGoing() async throws {
        let (bus, seen) = (try bus(), Seen<Int>())
        for _ in 0..<100 {
            try bus.subscribe(Counted.self, as: "passing") { event, _ in seen.add(event.number) }.cancel()
            try bus.observe(Counted.self) { event, _ in seen.add(event.number) }.cancel()
        }
        try await withRunning(bus) {
            try bus.subscribe(Counted.self, as: "passing") { event, _ in seen.add(-event.number) }
            try await bus.publish(Counted(1))
            await seen.become([-1])
        }
        weak var gone: MemoryEventBus?
        do {
            let bus = try self.bus()
            gone = bus
            try bus.observe(Counted.self) { _, _ in }
            try bus.subscribe(Counted.self, as: "x") { _, _ in }
            try await withRunning(bus) { try await bus.publish(Counted(1)) }
        }
        try await eventually("the bus is let go") { gone == nil }
    }
}
