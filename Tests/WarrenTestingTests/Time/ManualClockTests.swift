import Testing
import WarrenTesting

@Suite("A manual clock")
struct ManualClockTests {
    private let clock = ManualClock()

    @Test("stands still until it is moved, and never goes back")
    func moves() {
        let start = clock.now
        #expect(start.elapsed == .zero && clock.now == start)
        clock.advance(by: .seconds(3))
        #expect(start.duration(to: clock.now) == .seconds(3) && clock.now.duration(to: start) == .seconds(-3))
        #expect(start < clock.now && start.advanced(by: .seconds(3)) == clock.now)
        clock.advance(by: .seconds(-1))
        #expect(clock.now.elapsed == .seconds(3) && "\(clock.now)" == "3.0 seconds")
    }

    @Test("takes any duration without a trap", arguments: [Duration.seconds(Int64.max), .seconds(Int64.min)])
    func extremes(duration: Duration) async throws {
        clock.advance(by: .seconds(1))
        #expect(clock.now.advanced(by: duration).duration(to: clock.now) != .zero)
        clock.advance(by: duration)
        clock.advance(by: duration)
        try await clock.sleep(for: .seconds(Int64.min))
        #expect(clock.now.elapsed >= .seconds(1))
    }

    @Test("wakes a sleeper when its moment has come, and not before")
    func wakes() async throws {
        let clock = clock
        let sleeper = Task {
            try await clock.sleep(for: .seconds(10))
            return clock.now.elapsed
        }
        try await clock.sleepers(atLeast: 1)
        clock.advance(by: .seconds(10) - .nanoseconds(1))
        #expect(clock.sleepers == [.nanoseconds(1)])
        clock.advance(by: .nanoseconds(1))
        #expect(try await sleeper.value == .seconds(10))
        #expect(clock.sleepers.isEmpty)
    }

    @Test("says for how long each sleeps, and moves from one awakening to the next")
    func nextWakeUp() async throws {
        let clock = clock
        #expect(clock.advanceToNextWakeUp() == nil && clock.now.elapsed == .zero)
        let sleepers = [5, 1, 3].map { seconds in Task { try await clock.sleep(for: .seconds(seconds)) } }
        try await clock.sleepers(atLeast: 3)
        #expect(clock.sleepers == [.seconds(1), .seconds(3), .seconds(5)])
        #expect(clock.advanceToNextWakeUp() == .seconds(1))
        #expect(clock.sleepers == [.seconds(2), .seconds(4)])
        #expect(clock.advanceToNextWakeUp() == .seconds(2) && clock.advanceToNextWakeUp() == .seconds(2))
        for sleeper in sleepers { try await sleeper.value }
        #expect(clock.now.elapsed == .seconds(5))
    }

    @Test("waits for somebody who sleeps so long, and says when nobody does")
    func waits() async throws {
        let clock = clock
        clock.advance(by: .seconds(100))
        let sleeper = Task { try await clock.sleep(for: .seconds(7)) }
        try await clock.sleeper(for: .seconds(7))
        let short = Duration.milliseconds(5)
        await #expect(throws: WarrenTestingError.self) { try await clock.sleeper(for: .seconds(6), within: short) }
        await #expect(throws: WarrenTestingError.self) { try await clock.sleepers(atLeast: 2, within: short) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.sleepers.isEmpty)
    }
}
