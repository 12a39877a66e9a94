import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("An inbox that forgets")
struct InboxPruningTests {
    private let folder: DatabaseFolder
    private let database: SQLiteDatabase
    private let inbox: SQLiteInboxStore

    init() async throws {
        folder = try DatabaseFolder()
        database = try await folder.database()
        inbox = try await folder.inbox(in: database, retention: .seconds(3600))
    }

    private func handle(_ numbers: Range<Int>) async throws {
        for number in numbers { try await admit(number, by: inbox).complete() }
    }

    private func admit(
        _ number: Int,
        onRecord: Bool = false,
        by inbox: SQLiteInboxStore
    ) async throws -> any InboxClaim {
        let admission = try await inbox.claim(Self.key(number), waitingUpTo: .zero)
        guard case .admitted(let claim) = admission else { throw Refusal() }
        if onRecord { try await claim.putOnRecord() }
        return claim
    }

    private static func key(_ number: Int) -> InboxKey {
        InboxKey(source: "shop", eventID: "\(number)", subscription: "billing")
    }

    private func count(_ table: String) async throws -> Int64? {
        try await database.read { try $0.query("SELECT count(*) FROM \(table)")[0][0].integer }
    }

    @Test("is not held up by what was handled while the clock was years ahead, and forgets that too")
    func clockAhead() async throws {
        let years = Duration.seconds(20 * 365 * 86400)
        folder.calendar.advance(by: years)
        try await handle(0..<3)
        folder.calendar.advance(by: .zero - years)
        try await handle(3..<10)
        folder.calendar.advance(by: .seconds(7200))
        #expect(try await inbox.prune() == 7)
        #expect(try await inbox.isHandled(Self.key(0)))
        folder.calendar.advance(by: .seconds(7200))
        #expect(try await inbox.prune() == 3)
        #expect(try await count("warren_inbox") == 0)
    }

    @Test("finds the oldest without a look at the others")
    func index() async throws {
        for statement in ["handled_at < 1 ORDER BY handled_at LIMIT 1000", "handled_at > 1 LIMIT 1000"] {
            let plan = try await database.read { transaction in
                try transaction.query("EXPLAIN QUERY PLAN SELECT id FROM warren_inbox WHERE \(statement)")
            }
            #expect(plan.count == 1 && plan[0]["detail"].text?.contains("warren_inbox_by_time") == true, "\(plan)")
        }
    }

    @Test("forgets suspects of a process that died and whose event never came again, not those that are in hand")
    func suspectsOfTheDead() async throws {
        let dead = try await admit(1, onRecord: true, by: inbox)
        try folder.crash()
        let after = try await folder.inbox(retention: .seconds(3600))
        let inHand = try await admit(2, onRecord: true, by: after)
        let other = try await folder.inbox(retention: .seconds(3600))
        let elsewhere = try await admit(3, onRecord: true, by: other)
        #expect(try await after.prune() == 0)
        folder.calendar.advance(by: .seconds(7200))
        #expect(try await after.prune() == 1)
        let left = try await after.database.read { transaction in
            try transaction.query("SELECT event_id FROM warren_inbox_suspects ORDER BY event_id").map(\.[0].text)
        }
        #expect(left == ["2", "3"])
        try await inHand.complete()
        try await elsewhere.complete()
        await dead.release()
    }

    @Test("forgets suspects that were seen while the clock was ahead")
    func suspectsOfTheFuture() async throws {
        let years = Duration.seconds(20 * 365 * 86400)
        folder.calendar.advance(by: years)
        let dead = try await admit(1, onRecord: true, by: inbox)
        folder.calendar.advance(by: .zero - years)
        try folder.crash()
        let after = try await folder.inbox(retention: .seconds(3600))
        #expect(try await after.prune() == 0)
        folder.calendar.advance(by: .seconds(7200))
        #expect(try await after.prune() == 1)
        await dead.release()
    }
}
