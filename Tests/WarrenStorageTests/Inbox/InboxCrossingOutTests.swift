import Foundation
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("What was given back to an inbox while the disk was full")
struct InboxCrossingOutTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    private static func key(_ name: String) -> InboxKey {
        InboxKey(source: "shop", eventID: name, subscription: "billing")
    }

    private static func admission(
        _ name: String,
        to inbox: SQLiteInboxStore,
        waitingUpTo wait: Duration = .zero
    ) async throws -> (any InboxClaim)? {
        guard case .admitted(let claim) = try await inbox.claim(key(name), waitingUpTo: wait) else { return nil }
        return claim
    }

    private static func claimOnRecord(_ name: String, by inbox: SQLiteInboxStore) async throws -> any InboxClaim {
        guard let claim = try await admission(name, to: inbox) else { throw Refusal() }
        try await claim.putOnRecord()
        return claim
    }

    private static func suspects(_ inbox: SQLiteInboxStore) async throws -> [String] {
        try await inbox.database.read { transaction in
            try transaction.query("SELECT event_id FROM warren_inbox_suspects ORDER BY event_id").compactMap(\.[0].text)
        }
    }

    @Test("is nobody else's until it is crossed out, and then no crash", arguments: [true, false])
    func elsewhere(prunes: Bool) async throws {
        await #expect(processExitsWith: .success) { [path = folder.path as String, prunes = prunes as Bool] in
            DiskFaults.install()
            let inbox = try await SQLiteInboxStore(in: SQLiteDatabase(path: path))
            let other = try await SQLiteInboxStore(in: SQLiteDatabase(path: path))
            let suspects = ["a", "b", "c"]
            var claims: [any InboxClaim] = []
            for name in suspects { claims.append(try await Self.claimOnRecord(name, by: inbox)) }
            let innocent = try await Self.claimOnRecord("innocent", by: inbox)
            DiskFaults.allow(0)
            for claim in claims { await claim.release() }
            claims = []
            DiskFaults.allowAll()
            for name in suspects { #expect(try await Self.admission(name, to: other) == nil) }
            if prunes { _ = try await inbox.prune() } else { try await innocent.complete() }
            for name in suspects {
                let claim = try await Self.admission(name, to: other, waitingUpTo: .seconds(60))
                #expect(claim?.crashes == 0)
                await claim?.release()
            }
            #expect(try await Self.suspects(other) == (prunes ? ["innocent"] : []))
        }
    }

    @Test("is free for who gave it back, at once and without a crash, also while the disk is full still")
    func here() async throws {
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            DiskFaults.install()
            let inbox = try await SQLiteInboxStore(in: SQLiteDatabase(path: path))
            let other = try await SQLiteInboxStore(in: SQLiteDatabase(path: path))
            let suspect = try await Self.claimOnRecord("suspect", by: inbox)
            DiskFaults.allow(0)
            await suspect.release()
            let error = await #expect(throws: StorageError.self) { _ = try await Self.admission("suspect", to: inbox) }
            #expect(error?.code == .full)
            DiskFaults.allowAll()
            #expect(try await Self.admission("suspect", to: other) == nil)
            let again = try await Self.admission("suspect", to: inbox)
            #expect(again?.crashes == 0)
            // What is at work is not crossed out by what others write.
            try await again?.putOnRecord()
            _ = try await inbox.prune()
            #expect(try await Self.suspects(other) == ["suspect"])
            try await again?.complete()
            #expect(try await Self.suspects(other) == [])
        }
    }

    @Test("is not crossed out where another inbox has it on record")
    func others() async throws {
        let database = try await folder.database()
        let inbox = try await folder.inbox(in: database)
        let claim = try await Self.claimOnRecord("suspect", by: inbox)
        // As after somebody has deleted the file of the locks.
        try await database.write { try $0.execute("UPDATE warren_inbox_suspects SET handler = 'another'") }
        await claim.release()
        #expect(try await Self.suspects(inbox) == ["suspect"])
        #expect(try await Self.admission("suspect", to: inbox)?.crashes == 1)
    }

    @Test("leaves nothing behind in an inbox that is closed, but crashes that were found before")
    func closing() async throws {
        let inbox = try await folder.inbox()
        let innocent = try await Self.claimOnRecord("innocent", by: inbox)
        let guilty = try await Self.claimOnRecord("guilty", by: inbox)
        try await inbox.database.write { transaction in
            try transaction.execute("UPDATE warren_inbox_suspects SET crashes = 1 WHERE event_id = 'guilty'")
        }
        await inbox.close()
        #expect(try await Self.suspects(inbox) == ["guilty"])
        for claim in [innocent, guilty] { await claim.release() }
        #expect(try await Self.admission("guilty", to: folder.inbox())?.crashes == 1)
    }
}
