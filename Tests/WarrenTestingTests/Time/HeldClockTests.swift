import Testing
import WarrenRuntime
import WarrenTesting

@Suite("A clock for the inside of the package")
struct HeldClockTests {
    private let clock = HeldClock()

    @Test("It stands still until it is moved")
    func standsStill() {
        let start = clock.now
        #expect(clock.now == start)
        clock.advance(by: .seconds(3))
        #expect(start.duration(until: clock.now) == .seconds(3))
    }

    @Test("A sleeper wakes when its moment has come, and not before")
    func sleep() async throws {
        let clock = clock
        let deadline = clock.now.advanced(by: .seconds(10))
        let sleeper = Task {
            try await clock.sleep(until: deadline)
            return clock.now
        }
        try await eventually { clock.sleeperCount == 1 }
        clock.advance(by: .seconds(10) - .nanoseconds(1))
        #expect(clock.sleeperCount == 1)
        clock.advance(by: .nanoseconds(1))
        #expect(clock.sleeperCount == 0)
        #expect(try await sleeper.value == deadline)
    }

    @Test("A moment that has come needs no sleep", arguments: [Duration.zero, .seconds(-1)])
    func past(duration: Duration) async throws {
        try await clock.sleep(until: clock.now.advanced(by: duration))
        #expect(clock.sleeperCount == 0)
    }

    @Test("A cancelled sleeper throws and is gone")
    func cancelled() async throws {
        let clock = clock
        let sleeper = Task { try await clock.sleep(until: .distantFuture) }
        try await eventually { clock.sleeperCount == 1 }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.sleeperCount == 0)
    }

    @Test("A task cancelled before it sleeps does not sleep")
    func cancelledBefore() async {
        let clock = clock
        let sleeper = Task {
            unsafe withUnsafeCurrentTask { unsafe $0?.cancel() }
            try await clock.sleep(until: .distantFuture)
        }
        await #expect(throws: CancellationError.self) { try await sleeper.value }
        #expect(clock.sleeperCount == 0)
    }

    @Test("An observer is told of each jump, as long as it stays registered")
    func observers() {
        let jumps = Locked(0)
        var registration = clock.onJump { [clock] in
            // The clock is not locked meanwhile, and shows the time after the jump.
            #expect(clock.now > MonotonicTime(nanoseconds: 0))
            jumps.withLock { $0 += 1 }
        }
        #expect(registration != nil)
        clock.advance(by: .seconds(1))
        clock.advance(by: .seconds(1))
        #expect(jumps.withLock { $0 } == 2)
        registration = nil
        clock.advance(by: .seconds(1))
        #expect(jumps.withLock { $0 } == 2)
    }

    @Test("A thread blocks until the next jump, or not at all")
    func blockingTimeout() {
        let deadline = clock.now.advanced(by: .seconds(1))
        #expect(clock.blockingTimeout(until: deadline) == nil)
        clock.advance(by: .seconds(1))
        #expect(clock.blockingTimeout(until: deadline) == .zero)
    }
}
