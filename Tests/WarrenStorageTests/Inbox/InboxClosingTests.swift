import Foundation
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("An inbox that is closed while somebody claims")
struct InboxClosingTests {
    private let folder: DatabaseFolder
    private let database: SQLiteDatabase
    private let inbox: SQLiteInboxStore
    private let key = InboxKey(source: "shop", eventID: "1", subscription: "billing")

    init() async throws {
        folder = try DatabaseFolder()
        database = try await folder.database()
        inbox = try await folder.inbox(in: database)
    }

    private func closes(_ claim: Task<InboxAdmission, any Error>) async {
        let error = await #expect(throws: StorageError.self) { _ = try await claim.value }
        #expect(error?.code == .closed)
    }

    @Test("leaves no crash on record")
    func suspect() async throws {
        let (begun, mayEnd) = (StopSignal(), DispatchSemaphore(value: 0))
        async let busy: Void = database.write { _ in
            begun.stop()
            mayEnd.wait()
        }
        await begun.wait()
        let waiting = database.thread.waiting
        let claim = Task { [inbox, key] in
            let admission = try await inbox.claim(key, waitingUpTo: .zero)
            if case .admitted(let claim) = admission { try await claim.putOnRecord() }
            return admission
        }
        // It asks what is known of the event.
        try await eventually("it has the event") { database.thread.waiting == waiting + 1 }
        async let closing: Void = inbox.close()
        try await eventually("the inbox crosses out its suspects") { database.thread.waiting == waiting + 2 }
        mayEnd.signal()
        try await busy
        await closing
        await closes(claim)
        let other = try await folder.inbox()
        guard case .admitted(let again) = try await other.claim(key, waitingUpTo: .zero) else {
            throw Refusal()
        }
        #expect(again.crashes == 0)
        await again.release()
    }

    @Test("leaves nothing locked")
    func waiting() async throws {
        guard case .admitted(let first) = try await inbox.claim(key, waitingUpTo: .zero) else {
            throw Refusal()
        }
        let clock = HeldClock()
        let waited = try await SQLiteInboxStore(in: database, retention: .seconds(1), clock: clock) { .now }
        let claim = Task { [key] in try await waited.claim(key, waitingUpTo: .seconds(60)) }
        try await eventually("it waits") { clock.sleeperCount == 1 }
        await waited.close()
        await first.release()
        clock.advance(by: .seconds(1))
        await closes(claim)
        let other = try await folder.inbox()
        guard case .admitted(let again) = try await other.claim(key, waitingUpTo: .zero) else {
            throw Refusal()
        }
        await again.release()
    }
}
