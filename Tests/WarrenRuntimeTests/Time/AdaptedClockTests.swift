import Testing
import WarrenRuntime
import WarrenTesting

@Suite("A clock of a program, adapted")
struct AdaptedClockTests {
    private let base = ManualClock()

    @Test("begins at its start, whatever the clock shows, and moves with it")
    func now() {
        base.advance(by: .seconds(1000))
        let clock = AdaptedClock(base)
        let (start, wallStart) = (clock.now, clock.wallTime)
        base.advance(by: .milliseconds(1500))
        #expect(start.duration(until: clock.now) == .milliseconds(1500))
        #expect(clock.wallTime.milliseconds - wallStart.milliseconds == 1500)
        #expect(abs(wallStart.milliseconds - WallTime.now.milliseconds) < 10_000)
    }

    @Test("sleeps until a moment and not for a time, whatever happens meanwhile")
    func sleep() async throws {
        base.advance(by: .seconds(7))
        let clock = AdaptedClock(base)
        let deadline = clock.now.advanced(by: .seconds(10))
        let sleeper = Task {
            try await clock.sleep(until: deadline)
            return clock.now
        }
        try await base.sleeper(for: .seconds(10))
        base.advance(by: .seconds(10))
        #expect(try await sleeper.value == deadline)
        // It has come already.
        try await clock.sleep(until: deadline)
    }

    @Test("sleeps for ever where that is wanted, and until its task is cancelled")
    func forEver() async throws {
        let clock = AdaptedClock(base)
        let sleeper = Task { try await clock.sleep(until: .distantFuture) }
        let century = Duration.seconds(100 * 365 * 86_400)
        try await base.sleeper(for: century)
        base.advance(by: century)
        try await base.sleeper(for: century)
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(base.sleepers.isEmpty)
    }

    @Test("may be the machine's")
    func continuous() async throws {
        let clock = AdaptedClock(ContinuousClock())
        let start = clock.now
        try await clock.sleep(until: start.advanced(by: .milliseconds(20)))
        #expect(start.duration(until: clock.now) >= .milliseconds(20))
        let sleeper = Task { try await clock.sleep(until: .distantFuture) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test("makes no thread wait that it could not wake")
    func threads() {
        let clock = AdaptedClock(base)
        let deadline = clock.now.advanced(by: .seconds(1))
        #expect(clock.blockingTimeout(until: deadline).map { $0 < .seconds(1) } == true)
        base.advance(by: .seconds(1))
        #expect(clock.blockingTimeout(until: deadline) == .zero && clock.onJump {} == nil)
    }
}
