import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("The watch over handlers")
struct HandlerWatchTests {
    private let clock = HeldClock()
    private let event = Occurrence(EventEnvelope(eventID: "1", eventType: "a", version: nil, payload: .null))

    @Test("finds a handler overdue at its deadline, and not a nanosecond before")
    func overdue() async throws {
        let watch = HandlerWatch(timeout: .seconds(5), clock: clock)
        let overdue = Task { await watch.overrun()?.occurrence.eventID }
        try await eventually { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(3))
        watch.begin(event)
        clock.advance(by: .seconds(2))
        // It slept for as long as any handler may take; now it knows for how long.
        try await eventually { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(3) - .nanoseconds(1))
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .nanoseconds(1))
        #expect(await overdue.value == "1")
        #expect(!watch.end())
    }

    @Test("lets handlers be that end in time, one after the other, for ever")
    func inTime() async throws {
        let watch = HandlerWatch(timeout: .seconds(5), clock: clock)
        let overdue = Task { await watch.overrun() == nil }
        for _ in 0..<20 {
            try await eventually { clock.sleeperCount == 1 }
            watch.begin(event)
            clock.advance(by: .seconds(5) - .nanoseconds(1))
            try await eventually { clock.sleeperCount == 1 }
            #expect(watch.end())
            clock.advance(by: .seconds(7))
        }
        overdue.cancel()
        #expect(await overdue.value)
    }

    @Test("judges a handler that began while it slept by its own deadline")
    func second() async throws {
        let watch = HandlerWatch(timeout: .seconds(5), clock: clock)
        let overdue = Task { await watch.overrun()?.count }
        try await eventually { clock.sleeperCount == 1 }
        watch.begin(event)
        clock.advance(by: .seconds(4))
        #expect(watch.end())
        watch.begin(event, count: 7)
        // The deadline of the first handler passes.
        clock.advance(by: .seconds(4))
        try await eventually { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(1))
        #expect(await overdue.value == 7)
        #expect(!watch.end())
    }

    @Test("takes any time to be a handler's", arguments: [Duration.seconds(Int64.max), .nanoseconds(1)])
    func extremes(timeout: Duration) async throws {
        let watch = HandlerWatch(timeout: timeout, clock: clock)
        clock.advance(by: .seconds(1))
        watch.begin(event)
        let overdue = Task { await watch.overrun()?.count }
        try await eventually { clock.sleeperCount == 1 }
        if timeout == .nanoseconds(1) {
            clock.advance(by: .nanoseconds(1))
            #expect(await overdue.value == 1)
        } else {
            clock.advance(by: .seconds(86_400 * 365 * 100))
            #expect(watch.end())
            overdue.cancel()
            #expect(await overdue.value == nil)
        }
    }
}
