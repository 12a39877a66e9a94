import Testing
import Warren
import WarrenTesting

@Suite("Dead letters in memory")
struct MemoryDeadLetterTests {
    private func bus(bufferSize: Int = 1000) throws -> MemoryEventBus {
        var configuration = MemoryEventBusConfiguration()
        configuration.bufferSize = bufferSize
        return try MemoryEventBus(service: "test", configuration: configuration)
    }

    @Test("stay where nobody subscribes any more, and go back to the next of that name")
    func withoutSubscriber() async throws {
        let bus = try bus()
        let seen = Seen<Int>()
        try await withRunning(bus) {
            let handle = try bus.subscribe(Counted.self, as: "failing") { _, _ in throw Refused() }
            try await bus.publish(Counted(1))
            try await eventually { bus.deadLetters(of: "failing").count == 1 }
            handle.cancel()
            let store = bus.deadLetterStore(of: "failing")
            #expect(await busError { _ = try await store.requeue(.all) }?.code == .notFound)
            #expect(try await store.list().count == 1)
            try bus.subscribe(Counted.self, as: "failing") { event, _ in seen.add(event.number) }
            let report = try await store.requeue(.all)
            #expect(report.ids.count == 1)
            await seen.become([1])
            #expect(bus.deadLetters(of: "failing").isEmpty)
        }
    }

    @Test("for which the subscription has no room stay in their places")
    func noRoom() async throws {
        let bus = try bus(bufferSize: 2)
        let isStalled = Seen<Int>()
        let (gate, opening) = AsyncStream.makeStream(of: Void.self)
        try await withRunning(bus) {
            try bus.subscribe(Counted.self, as: "failing") { event, _ in
                guard event.number == 9 else {
                    throw Refused()
                }
                isStalled.add(event.number)
                for await _ in gate { break }
            }
            for number in 0..<2 { try await bus.publish(Counted(number)) }
            try await eventually { bus.deadLetters(of: "failing").count == 2 }
            try await bus.publish(Counted(9))
            await isStalled.become([9])
            // The handler has one now, and another one waits.
            try await bus.publish(Counted(10))
            let store = bus.deadLetterStore(of: "failing")
            let ids = try await store.list().map(\.eventID)
            let report = try await store.requeue(.all)
            #expect(report.ids == [ids[0]])
            #expect(report.kept.map(\.id) == [ids[1]])
            #expect(report.kept.first?.reason == "the subscription 'failing' has no room for it")
            #expect(try await store.list().map(\.eventID) == [ids[1]])
            opening.yield()
            try await eventually { bus.statistics.deadLettered == 4 }
        }
    }

    @Test("go when newer ones need their room")
    func capacity() async throws {
        let bus = try bus(bufferSize: 3)
        try await withRunning(bus) {
            try bus.subscribe(Counted.self, as: "failing") { event, _ in throw Refused() }
            for number in 0..<5 { try await bus.publish(Counted(number)) }
            try await eventually { bus.statistics.deadLettered == 5 }
            let shown = try await bus.deadLetterStore(of: "failing").show(.all, limit: 10)
            #expect(try shown.map { try Occurrence($0.event).decode(as: Counted.self).number } == [2, 3, 4])
        }
    }
}
