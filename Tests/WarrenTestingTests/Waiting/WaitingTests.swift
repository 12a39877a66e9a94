import Testing
import WarrenRuntime

@testable import WarrenTesting

@Suite("Waiting")
struct WaitingTests {
    @Test("ends as soon as the condition holds, asked at least once")
    func holds() async throws {
        var asked = 0
        try await eventually(within: .zero) {
            asked += 1
            return true
        }
        #expect(asked == 1)
        try await eventually {
            asked += 1
            return asked == 5
        }
        #expect(asked == 5)
    }

    @Test("throws at the deadline, naming what it waited for")
    func deadline() async {
        let error = await #expect(throws: WarrenTestingError.self) {
            try await eventually("pigs fly", within: .milliseconds(20)) { false }
        }
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("pigs fly") == true)
    }

    @Test("what the condition throws ends it")
    func throwing() async {
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await eventually { throw Failure() } }
    }

    @Test("a bell wakes who waits, and whoever came too late to hear it")
    func bell() async throws {
        let bell = Bell()
        let rung = Locked(false)
        async let result = bell.first(within: .seconds(10)) { rung.withLock { $0 } ? "rung" : nil }
        rung.withLock { $0 = true }
        bell.ring()
        #expect(try await result == "rung")
        #expect(try await bell.first(within: .milliseconds(10)) { nil as Int? } == nil)
    }

    @Test("a cancelled wait for a bell ends at once")
    func cancelledBell() async {
        let waiting = Task { try await Bell().first(within: .seconds(60)) { nil as Int? } }
        waiting.cancel()
        await #expect(throws: CancellationError.self) { _ = try await waiting.value }
    }
}
