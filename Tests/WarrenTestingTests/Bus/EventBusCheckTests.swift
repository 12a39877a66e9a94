import Testing
import Warren
import WarrenRuntime

@testable import WarrenTesting

@Suite("A check of a bus")
struct EventBusCheckTests {
    @Test("fails at its deadline though what it waits for does not heed its cancellation")
    func deadline() async throws {
        let gate = StopSignal()
        let check = EventBusCheck("never ends") { _ in
            // A task of its own is not cancelled with the check.
            await Task { await gate.wait() }.value
        }
        let fixture = EventBusFixture(bus: try MemoryEventBus(service: "test")) { _ in [] }
        let failure = await #expect(throws: ConformanceFailure.self) {
            try await check.run(fixture, within: .milliseconds(20))
        }
        #expect(failure?.expected.hasPrefix("an end of the check within") == true)
        gate.stop()
    }
}
