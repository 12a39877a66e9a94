import Testing
import Warren
import WarrenTesting

@Suite("An inbox by the clock of a test")
struct InboxClockTests {
    @Test("forgets what was handled when the clock was moved as far")
    func retention() async throws {
        let clock = ManualClock()
        let inbox = try MemoryInboxStore(retention: .seconds(86_400), clock: clock)
        let key = InboxKey(source: "shop", eventID: "1", subscription: "billing")
        guard case .admitted(let claim) = try await inbox.claim(key, waitingUpTo: .zero) else {
            Issue.record("it was not admitted")
            return
        }
        try await claim.complete()
        clock.advance(by: .seconds(86_399))
        #expect(try await inbox.prune() == 0)
        #expect(try await inbox.isHandled(key))
        clock.advance(by: .seconds(2))
        #expect(try await inbox.prune() == 1)
        #expect(try await !inbox.isHandled(key))
    }
}
