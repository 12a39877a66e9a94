import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("An inbox in memory")
struct MemoryInboxStoreTests {
    @Test(
        "keeps every promise of an inbox that writes no rows and dies with its process",
        arguments: InboxStoreConformance.checks
    )
    func promises(check: StoreCheck<InboxStoreFixture>) async throws {
        let now = Locked(WallTime.now)
        try await check.run(
            InboxStoreFixture(
                retention: .seconds(3600),
                advance: { duration in now.withLock { $0 = $0.advanced(by: duration) } },
                open: {
                    MemoryInboxStore(retention: .seconds(3600), clock: SystemClock()) { now.withLock { $0 } }
                }
            )
        )
    }

    @Test("gives handlers a transaction of its own kind")
    func transaction() async throws {
        let inbox = MemoryInboxStore()
        let key = InboxKey(source: "shop", eventID: "1", subscription: "billing")
        guard case .admitted(let claim) = try await inbox.claim(key, waitingUpTo: .zero) else {
            Issue.record("the event is there to be claimed")
            return
        }
        #expect(try await claim.commit { (_: MemoryTransaction) in 7 } == 7)
        #expect(try await inbox.isHandled(key))
    }
}
