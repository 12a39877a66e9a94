import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@Suite("A bus in memory without room")
struct MemoryOverflowTests {
    private let clock = HeldClock()

    private func bus(
        room: Int,
        configure: (inout MemoryEventBusConfiguration) -> Void = { _ in }
    ) throws -> MemoryEventBus {
        var configuration = MemoryEventBusConfiguration()
        configuration.bufferSize = room
        configuration.publishTimeout = .seconds(10)
        configuration.limits.timeout = .seconds(3600)
        configuration.limits.shutdownGrace = .zero
        configure(&configuration)
        return try MemoryEventBus(service: "test", configuration: configuration, clock: clock)
    }

    @Test("loses an observer's oldest events, counts them, and tells it once for each time")
    func dropOldest() async throws {
        let bus = try bus(room: 4)
        let seen = Seen<Int>()
        let gates = [StopSignal(), StopSignal()]
        let told = listen(to: bus, for: .observerOverflowed)
        try bus.observe(Counted.self) { event, _ in
            seen.add(event.number)
            if event.number % 20 == 0 { await gates[event.number / 20].wait() }
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(0))
            await seen.become([0])
            for number in 1...10 { try await bus.publish(Counted(number)) }
            #expect(bus.statistics.overflowed == 6)
            try await eventually { told.count == 1 }
            gates[0].stop()
            await seen.become([0, 7, 8, 9, 10])
            #expect(told.all.first?.subject == "Test.Counted")
            #expect(told.all.first?.reason == "more than 4 events waited for it: the oldest are lost")

            try await bus.publish(Counted(20))
            await seen.become([0, 7, 8, 9, 10, 20])
            for number in 21...25 { try await bus.publish(Counted(number)) }
            try await eventually { told.count == 2 }
            gates[1].stop()
            await seen.become([0, 7, 8, 9, 10, 20, 22, 23, 24, 25])
            #expect(bus.statistics.overflowed == 7)
            try await eventually { bus.statistics.observed == 10 }
            #expect(told.count == 2)
        }
    }

    @Test("lets a publish wait for room in a subscription's queue until its deadline, to the nanosecond")
    func overloaded() async throws {
        let bus = try bus(room: 2)
        let (gate, seen, errors) = (StopSignal(), Seen<Int>(), Seen<EventBusError?>())
        try bus.subscribe(Counted.self, as: "slow") { event, _ in
            seen.add(event.number)
            await gate.wait()
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(0))
            await seen.become([0])
            for number in 1...2 { try await bus.publish(Counted(number)) }
            let asleep = clock.sleeperCount
            let publish = Task { errors.add(await busError { try await bus.publish(Counted(3)) }) }
            try await eventually { clock.sleeperCount == asleep + 1 }
            clock.advance(by: .seconds(10) - .nanoseconds(1))
            #expect(clock.sleeperCount == asleep + 1 && errors.count == 0)
            clock.advance(by: .nanoseconds(1))
            await publish.value
            #expect(errors.all.first??.code == .overloaded)
            let reason = "2 events wait in it, and none was taken out within 10.0 seconds"
            let message = "the subscription 'slow' has no room for 'Test.Counted': \(reason)"
            #expect(errors.all.first??.message == message)
            gate.stop()
            await seen.become([0, 1, 2])
        }
    }

    @Test("gives a publish one deadline, however many subscriptions have no room")
    func oneDeadline() async throws {
        let bus = try bus(room: 1)
        let (gates, begun) = ([StopSignal(), StopSignal()], Seen<Int>())
        for (index, name) in ["a", "b"].enumerated() {
            try bus.subscribe(Counted.self, as: name) { event, _ in
                begun.add(event.number)
                await gates[index].wait()
            }
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(0))
            await begun.become([0, 0])
            try await bus.publish(Counted(1))
            let asleep = clock.sleeperCount
            let publish = Task { await busError { try await bus.publish(Counted(2)) } }
            try await eventually { clock.sleeperCount == asleep + 1 }
            clock.advance(by: .seconds(6))
            gates[0].stop()
            await begun.become([0, 0, 1, 2])
            // Now it waits for the other one, whose time is what was left.
            try await eventually { clock.sleeperCount == asleep + 1 }
            clock.advance(by: .seconds(4))
            #expect(await publish.value?.code == .overloaded)
            gates[1].stop()
        }
    }

    @Test("tells a publish that waits at the end of the bus that nobody handles its event, and counts what it lets go")
    func ended() async throws {
        let bus = try bus(room: 1)
        let (gate, begun) = (StopSignal(), Seen<Int>())
        try bus.subscribe(Counted.self, as: "slow") { event, _ in
            begun.add(event.number)
            await gate.wait()
        }
        var publish: Task<EventBusError?, Never>?
        try await withRunning(bus) {
            try await bus.publish(Counted(0))
            await begun.become([0])
            try await bus.publish(Counted(1))
            let asleep = clock.sleeperCount
            publish = Task { await busError { try await bus.publish(Counted(2)) } }
            try await eventually { clock.sleeperCount == asleep + 1 }
        }
        #expect(await publish?.value == .some(.busHasEnded))
        #expect(bus.statistics.discarded == 1)
    }

    @Test("counts what is let go with a subscription")
    func discarded() async throws {
        let bus = try bus(room: 5)
        let handle = try bus.subscribe(Counted.self, as: "leaving") { _, _ in }
        for number in 0..<3 { try await bus.publish(Counted(number)) }
        handle.cancel()
        #expect(bus.statistics.discarded == 3)
    }

    @Test("lets a publish in as soon as there is room, and a cancelled one keeps nobody out", arguments: [1, 2, 40])
    func room(size: Int) async throws {
        let bus = try bus(room: size)
        let (gate, seen) = (StopSignal(), Seen<Int>())
        try bus.subscribe(Counted.self, as: "slow") { event, _ in
            seen.add(event.number)
            await gate.wait()
        }
        try await withRunning(bus) {
            try await bus.publish(Counted(0))
            await seen.become([0])
            for number in 1...size { try await bus.publish(Counted(number)) }
            let asleep = clock.sleeperCount
            let cancelled = Task { await busError { try await bus.publish(Counted(-1)) } }
            try await eventually { clock.sleeperCount == asleep + 1 }
            let waiting = (1...3).map { number in
                Task { await busError { try await bus.publish(Counted(size + number)) } }
            }
            try await eventually { clock.sleeperCount == asleep + 4 }
            cancelled.cancel()
            #expect(await cancelled.value?.code == .cancelled)
            gate.stop()
            for task in waiting { #expect(await task.value == nil) }
            try await eventually { seen.count == size + 4 }
            #expect(seen.all.sorted() == Array(0...size + 3))
        }
    }

    @Test("takes what is published before it runs, as long as there is room")
    func beforeRun() async throws {
        let bus = try bus(room: 3)
        let seen = Seen<Int>()
        try bus.subscribe(Counted.self, as: "early") { event, _ in seen.add(event.number) }
        for number in 0..<3 { try await bus.publish(Counted(number)) }
        let last = Task { await busError { try await bus.publish(Counted(3)) } }
        try await eventually { clock.sleeperCount == 1 }
        try await withRunning(bus) {
            #expect(await last.value == nil)
            await seen.become([0, 1, 2, 3])
        }
    }

    @Test("keeps as many dead letters as events may wait, the newest")
    func deadLetters() async throws {
        let bus = try bus(room: 3)
        try bus.subscribe(Counted.self, as: "failing") { _, _ in throw Refused() }
        try await withRunning(bus) {
            for number in 0..<8 { try await bus.publish(Counted(number)) }
            try await eventually { bus.statistics.deadLettered == 8 }
        }
        let numbers = try bus.deadLetters(of: "failing").map {
            try Occurrence($0.event).decode(as: Counted.self).number
        }
        #expect(numbers == [5, 6, 7])
        #expect(bus.deadLetters(of: "another").isEmpty)
    }

    @Test("keeps no more of an error's text than its beginning")
    func longError() async throws {
        let bus = try bus(room: 3)
        let told = listen(to: bus, for: .handlerFailed)
        try bus.subscribe(Counted.self, as: "failing") { _, _ in throw Verbose() }
        try await withRunning(bus) {
            try await bus.publish(Counted(1))
            try await eventually { bus.statistics.deadLettered == 1 && told.count == 1 }
        }
        #expect(bus.deadLetters(of: "failing").first?.failure.error == String(repeating: "é", count: 2048))
        #expect(try #require(told.all.first?.reason).utf8.count < 5000)
    }

    @Test(
        "does not wait for a subscription that has gone meanwhile",
        arguments: [
            MemoryEventBusConfiguration.Dispatch.buffered, .inPlace,
        ]
    )
    func gone(dispatch: MemoryEventBusConfiguration.Dispatch) async throws {
        let bus = try bus(room: 1) { $0.dispatch = dispatch }
        let handle = try bus.subscribe(Counted.self, as: "leaving") { _, _ in }
        let tasks = (0..<3).map { number in Task { await busError { try await bus.publish(Counted(number)) } } }
        // In place, the first waits for its handler as well.
        try await eventually { clock.sleeperCount == (dispatch == .inPlace ? 3 : 2) }
        handle.cancel()
        for task in tasks { #expect(await task.value == nil) }
    }

    @Test("refuses sizes and times that make no sense")
    func configuration() {
        for change in [
            { $0.bufferSize = 0 }, { $0.bufferSize = .max }, { $0.publishTimeout = .seconds(-1) },
            { $0.limits.maxHandlers = 0 }, { $0.limits.timeout = .zero }, { $0.limits.shutdownGrace = .seconds(-1) },
        ] as [(inout MemoryEventBusConfiguration) -> Void] {
            var configuration = MemoryEventBusConfiguration()
            change(&configuration)
            let error = #expect(throws: EventBusError.self) {
                try MemoryEventBus(service: "test", configuration: configuration)
            }
            #expect(error?.code == .invalidConfiguration)
        }
    }
}

private struct Verbose: Error, CustomStringConvertible {
    var description: String { String(repeating: "é", count: 100_000) }
}
