import Testing
import WarrenRuntime

@Suite("System clock")
struct SystemClockTests {
    private let clock = SystemClock()

    @Test("A sleep lasts at least until its deadline")
    func sleep() async throws {
        let deadline = clock.now.advanced(by: .milliseconds(20))
        try await clock.sleep(until: deadline)
        #expect(clock.now >= deadline)
    }

    @Test("A deadline that is over needs no sleep")
    func past() async throws {
        try await clock.sleep(until: MonotonicTime(nanoseconds: .min))
    }

    @Test("A cancelled sleep throws", arguments: [.distantFuture, MonotonicTime(nanoseconds: .max - 1)])
    func cancelled(deadline: MonotonicTime) async {
        let clock = clock
        let sleeper = Task { try await clock.sleep(until: deadline) }
        sleeper.cancel()
        await #expect(throws: CancellationError.self) { try await sleeper.value }
    }

    @Test("A thread may block until the deadline; for ever, when there is none")
    func blockingTimeout() throws {
        let timeout = try #require(clock.blockingTimeout(until: clock.now.advanced(by: .seconds(100))))
        #expect(timeout > .seconds(90) && timeout <= .seconds(100))
        #expect(clock.blockingTimeout(until: MonotonicTime(nanoseconds: 0)) == .zero)
        #expect(clock.blockingTimeout(until: .distantFuture) == nil)
        #expect(clock.onJump {} == nil)
    }
}
