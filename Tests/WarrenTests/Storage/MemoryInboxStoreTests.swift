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
        let inbox = try MemoryInboxStore()
        let key = InboxKey(source: "shop", eventID: "1", subscription: "billing")
        guard case .admitted(let claim) = try await inbox.claim(key, waitingUpTo: .zero) else {
            Issue.record("the event is there to be claimed")
            return
        }
        #expect(try await claim.commit { (_: MemoryTransaction) in 7 } == 7)
        #expect(try await inbox.isHandled(key))
    }

    private func handle(_ numbers: Range<Int>, by inbox: MemoryInboxStore) async throws {
        for number in numbers {
            let admission = try await inbox.claim(Self.key(number), waitingUpTo: .zero)
            guard case .admitted(let claim) = admission else { continue }
            try await claim.complete()
        }
    }

    private func remembered(_ numbers: Range<Int>, by inbox: MemoryInboxStore) async throws -> [Int] {
        var remembered: [Int] = []
        for number in numbers where try await inbox.isHandled(Self.key(number)) { remembered.append(number) }
        return remembered
    }

    private static func key(_ number: Int) -> InboxKey {
        InboxKey(source: "shop", eventID: "\(number)", subscription: "billing")
    }

    @Test("forgets the oldest where it may remember no more")
    func capacity() async throws {
        let now = Locked(WallTime.now)
        let inbox = MemoryInboxStore(retention: .seconds(60), capacity: 10, clock: SystemClock()) {
            now.withLock { $0 }
        }
        try await handle(0..<10, by: inbox)
        #expect(try await remembered(0..<10, by: inbox) == Array(0..<10))
        for end in 11...40 {
            try await handle(end - 1..<end, by: inbox)
            #expect(try await remembered(0..<end, by: inbox) == Array(end - 10..<end))
        }
        // What was forgotten may be handled again, and is the newest then.
        try await handle(0..<5, by: inbox)
        #expect(try await remembered(0..<40, by: inbox) == Array(0..<5) + Array(35..<40))
        now.withLock { $0 = $0.advanced(by: .seconds(61)) }
        try await handle(50..<55, by: inbox)
        #expect(try await inbox.prune() == 5)
        try await handle(60..<65, by: inbox)
        #expect(try await remembered(0..<70, by: inbox) == Array(50..<55) + Array(60..<65))
        try await handle(65..<66, by: inbox)
        #expect(try await remembered(0..<70, by: inbox) == Array(51..<55) + Array(60..<66))
    }

    @Test("is refused where it would remember nothing", arguments: [(0, 1), (-1, 1), (1, 0), (1, -1)])
    func senseless(seconds: Int, capacity: Int) {
        let error = #expect(throws: StorageError.self) {
            _ = try MemoryInboxStore(retention: .seconds(seconds), capacity: capacity)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
