import Foundation
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("Claims in SQLite")
struct InboxLockTests {
    private let folder: DatabaseFolder
    private let key = InboxKey(source: "shop", eventID: "1", subscription: "billing")

    init() throws {
        folder = try DatabaseFolder()
    }

    private func claim(_ inbox: SQLiteInboxStore) async throws -> any InboxClaim {
        guard case .admitted(let claim) = try await inbox.claim(key, waitingUpTo: .zero) else {
            throw Refusal()
        }
        return claim
    }

    @Test("that somebody has made void by deleting their file end with the event handled once all the same")
    func deletedFile() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE payments (payer TEXT)") }
        let inbox = try await folder.inbox(in: database)
        let first = try await claim(inbox)
        try FileManager.default.removeItem(atPath: folder.path + "-claims")
        let second = try await claim(try await folder.inbox())
        try await second.commit { (transaction: SQLiteTransaction) in
            try transaction.execute("INSERT INTO payments VALUES ('second')")
        }
        let error = await #expect(throws: StorageError.self) {
            try await first.commit { (transaction: SQLiteTransaction) in
                try transaction.execute("INSERT INTO payments VALUES ('first')")
            }
        }
        #expect(error?.code == .alreadyHandled)
        #expect(error?.message == "'\(folder.path)': event '1' of 'shop' for 'billing' was handled before")
        #expect(!first.isCompleted)
        let rows = try await database.read { try $0.query("SELECT payer FROM payments") }
        #expect(rows.map(\.[0]) == [.text("second")])
        await first.release()
    }

    @Test("that are waited for look at the clock they were given")
    func waiting() async throws {
        let clock = HeldClock()
        let (one, other) = (try await folder.inbox(), try await folder.database())
        let claim = try await claim(one)
        let inbox = try await SQLiteInboxStore(in: other, retention: .seconds(1), clock: clock) { .now }
        async let admission = inbox.claim(key, waitingUpTo: .seconds(60))
        for _ in 0..<60 {
            try await eventually("it looks again later") { clock.sleeperCount == 1 }
            clock.advance(by: .seconds(1))
        }
        guard case .busy = try await admission else { throw Refusal() }
        await claim.release()
    }

    @Test("leave a database without an inbox alone")
    func separation() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE payments (payer TEXT)") }
        #expect(!FileManager.default.fileExists(atPath: folder.path + "-claims"))
        let error = await #expect(throws: StorageError.self) {
            _ = try await SQLiteInboxStore(in: database, retention: .zero)
        }
        #expect(error?.code == .invalidConfiguration)
    }
}
