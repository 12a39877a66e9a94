import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("A bus in memory with an inbox")
struct MemoryInboxTests {
    private let clock = ManualClock()
    private let inbox = TestInbox()

    private func bus() throws -> MemoryEventBus {
        try MemoryEventBus(service: "test", clock: clock, inbox: inbox)
    }

    @Test("has it forget what is old when it begins to run, and every hour, also after a failure")
    func prunes() async throws {
        let bus = try bus()
        let told = listen(to: bus, for: .inboxFailed)
        inbox.fail(StorageError(.full, "no room"))
        try await withRunning(bus) {
            for count in 1...3 {
                try await clock.sleeper(for: .seconds(3600))
                #expect(inbox.notes.all == Array(repeating: "prune", count: count))
                if count == 2 { inbox.fail(nil) }
                clock.advance(by: .seconds(3600))
            }
        }
        try await eventually { told.count == 2 }
        #expect(told.all.map(\.subject) == ["inbox", "inbox"])
    }

    @Test("leaves nothing in it of events that no handler commits")
    func lazy() async throws {
        let bus = try bus()
        let committed = Seen<Int>()
        try bus.subscribe(Counted.self, as: "plain") { _, _ in }
        try bus.subscribe(Counted.self, as: "committing") { event, context in
            try await context.commit { (_: MemoryTransaction) in committed.add(event.number) }
        }
        try await withRunning(bus) {
            for number in 0..<3 { try await bus.publish(Counted(number)) }
            await bus.drain()
        }
        #expect(committed.all == [0, 1, 2] && bus.statistics.handled == 6)
        let notes = inbox.notes.all.filter { $0 != "prune" }
        #expect(notes.count == 6 && notes.count { $0.hasPrefix("complete") } == 3)
    }

    @Test("takes the number of crashes only where it makes sense", arguments: [0, 1, 1000, 1001])
    func limits(maxCrashes: Int) throws {
        var configuration = MemoryEventBusConfiguration()
        configuration.limits.maxCrashes = maxCrashes
        guard !(1...1000).contains(maxCrashes) else {
            _ = try MemoryEventBus(service: "test", configuration: configuration)
            return
        }
        #expect(throws: EventBusError.self) { try MemoryEventBus(service: "test", configuration: configuration) }
    }
}
