import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("An inbox that forgets")
struct InboxPruningTests {
    private static let years = Duration.seconds(20 * 365 * 86400)

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

    @Test("is not held up by what was handled while the calendar was years ahead, which it remembers")
    func calendarAhead() async throws {
        folder.calendar.set(forward: Self.years)
        try await handle(0..<3)
        folder.calendar.set(forward: .zero - Self.years)
        try await handle(3..<10)
        folder.calendar.advance(by: .seconds(7200))
        #expect(try await inbox.prune() == 7)
        #expect(try await inbox.isHandled(Self.key(0)))
        #expect(try await count("warren_inbox") == 3)
    }

    @Test("forgets nothing too early that was handled before and while the calendar was years behind")
    func calendarBehind() async throws {
        try await handle(0..<3)
        await inbox.close()
        // The machine starts anew.
        folder.calendar.set(forward: .zero - Self.years)
        let after = try await folder.inbox(retention: .seconds(3600))
        #expect(try await after.prune() == 0)
        for number in 3..<10 { try await admit(number, by: after).complete() }
        folder.calendar.advance(by: .seconds(1200))
        folder.calendar.set(forward: Self.years)
        #expect(try await after.prune() == 0)
        #expect(try await after.prune() == 0)
        #expect(try await count("warren_inbox") == 10)
        folder.calendar.advance(by: .seconds(3000))
        #expect(try await after.prune() == 3)
        folder.calendar.advance(by: .seconds(3000))
        #expect(try await after.prune() == 7)
    }

    @Test("forgets nothing at a look at a calendar that was set far ahead by mistake and is set right again")
    func calendarAheadMeanwhile() async throws {
        try await handle(0..<3)
        folder.calendar.set(forward: Self.years)
        #expect(try await inbox.prune() == 0)
        folder.calendar.set(forward: .zero - Self.years)
        #expect(try await inbox.prune() == 0)
        #expect(try await count("warren_inbox") == 3)
    }

    @Test("finds what is old, and what bears certain times, without a look at the others")
    func indexes() async throws {
        for (table, condition, index) in [
            ("warren_inbox", "handled_at < 1 ORDER BY handled_at LIMIT 1000", "warren_inbox_by_time"),
            ("warren_inbox", "handled_at BETWEEN 1 AND 2 LIMIT 1000", "warren_inbox_by_time"),
            ("warren_inbox_suspects", "seen_at < 1 ORDER BY seen_at LIMIT 1000", "warren_inbox_suspects_by_time"),
        ] {
            let plan = try await database.read { transaction in
                try transaction.query("EXPLAIN QUERY PLAN SELECT subscription FROM \(table) WHERE \(condition)")
            }
            #expect(plan.count == 1 && plan[0]["detail"].text?.contains(index) == true, "\(plan)")
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
}
