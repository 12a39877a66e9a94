import Testing
import Warren
import WarrenRuntime

@testable import WarrenStorage

/// A spool that notes how much is read and changed at a time, and fails at will.
private final class WatchedSpool: SpoolStore {
    let calls = Locked<[String]>([])
    private let spool: SQLiteSpoolStore
    private let changes: Int
    private let failure: StorageError
    private let parksAgain: Bool
    /// What somebody else discards as soon as it was read, of each page.
    private let rival: Range<Int>

    /// The first `changes` changes are made, the others fail; `parksAgain`: what is requeued is parked again at once.
    init(
        _ spool: SQLiteSpoolStore,
        changes: Int = .max,
        then failure: StorageError = StorageError(.full, "no room"),
        parksAgain: Bool = false,
        rival: Range<Int> = 0..<0
    ) {
        (self.spool, self.changes, self.failure, self.parksAgain) = (spool, changes, failure, parksAgain)
        self.rival = rival
    }

    private func change(_ name: String, _ count: Int) throws(StorageError) {
        let before = calls.withLock { calls in
            calls.append("\(name) \(count)")
            return calls.count { !$0.hasPrefix("read") } - 1
        }
        guard before < changes else { throw failure }
    }

    func parked(after position: SpoolPosition?, upTo limit: Int) async throws(StorageError) -> [ParkedEntry] {
        let page = try await spool.parked(after: position, upTo: limit)
        calls.withLock { $0.append("read \(page.count)") }
        _ = try await spool.discard(page[rival].map(\.spooled.position))
        return page
    }

    func requeue(_ positions: [SpoolPosition]) async throws(StorageError) -> [SpoolPosition] {
        try change("requeue", positions.count)
        let requeued = try await spool.requeue(positions)
        if parksAgain { try await spool.parkAll() }
        return requeued
    }

    func discard(_ positions: [SpoolPosition]) async throws(StorageError) -> [SpoolPosition] {
        try change("discard", positions.count)
        return try await spool.discard(positions)
    }

    func append(contentsOf entries: [SpoolEntry]) async throws(StorageError) {
        try await spool.append(contentsOf: entries)
    }

    func entries(after position: SpoolPosition?, upTo limit: Int) async throws(StorageError) -> [SpooledEntry] {
        try await spool.entries(after: position, upTo: limit)
    }

    func remove(_ positions: [SpoolPosition]) async throws(StorageError) { try await spool.remove(positions) }

    func park(_ position: SpoolPosition, reason: String) async throws(StorageError) {
        try await spool.park(position, reason: reason)
    }

    var status: SpoolStatus { spool.status }

    func close() async { await spool.close() }
}

extension SQLiteSpoolStore {
    fileprivate func parkAll() async throws(StorageError) {
        for entry in try await entries(after: nil, upTo: 10_000) { try await park(entry.position, reason: "refused") }
    }
}

@Suite("What a spool has put aside")
struct ParkedLettersTests {
    private let folder: DatabaseFolder
    private let spool: SQLiteSpoolStore

    init() async throws {
        folder = try DatabaseFolder()
        spool = try await folder.spool()
        try await spool.append(contentsOf: (0..<600).map { SpoolEntry("\($0)") })
        try await spool.parkAll()
    }

    @Test("is read and taken away a page at a time, not all of it into memory")
    func purge() async throws {
        let watched = WatchedSpool(spool)
        #expect(try await watched.parkedLetters.purge() == 600)
        let calls = watched.calls.withLock { $0 }
        #expect(calls == ["read 256", "discard 256", "read 256", "discard 256", "read 88", "discard 88"])
        #expect(spool.status.parkedCount == 0)
    }

    @Test("is requeued so, in its order, as far as it is meant")
    func requeue() async throws {
        let watched = WatchedSpool(spool)
        let report = try await watched.parkedLetters.requeue(.all, limit: 300)
        #expect(report == DeadLetterReport(ids: (0..<300).map { "\($0)" }))
        #expect(watched.calls.withLock { $0 } == ["read 256", "requeue 256", "read 256", "requeue 44"])
        #expect(try await spool.line() == report.ids)
        let one = try await watched.parkedLetters.discard(DeadLetterFilter(ids: ["599", "1"]))
        #expect(one.ids == ["599"])
        #expect(spool.status.parkedCount == 299)
        #expect(try await spool.parkedLetters.list(.all, limit: 2).map(\.eventID) == ["300", "301"])
        #expect(try await spool.parkedLetters.show(id: "598").map(\.head.eventID) == ["598"])
    }

    @Test("is not said to be requeued where somebody else has discarded it meanwhile")
    func rival() async throws {
        let report = try await WatchedSpool(spool, rival: 5..<8).parkedLetters.requeue(.all, limit: 10)
        #expect(report == DeadLetterReport(ids: ["0", "1", "2", "3", "4", "8", "9"]))
        #expect(try await spool.line() == report.ids)
    }

    @Test("is requeued once, though what is refused again comes back meanwhile")
    func parkedAgain() async throws {
        let report = try await WatchedSpool(spool, parksAgain: true).parkedLetters.requeue(.all)
        #expect(report.ids == (0..<600).map { "\($0)" })
        #expect(spool.status.parkedCount == 600)
    }

    @Test("stays where it cannot be changed, and it is said why")
    func kept() async throws {
        let report = try await WatchedSpool(spool, changes: 1).parkedLetters.discard(.all)
        #expect(report.ids.count == 256)
        #expect(report.kept.map(\.id) == (256..<600).map { "\($0)" })
        #expect(report.kept.first?.reason == "no room")
        let error = await #expect(throws: EventBusError.self) {
            _ = try await WatchedSpool(spool, changes: 1).parkedLetters.purge()
        }
        #expect(error?.message == "no room; 256 were discarded before")
    }

    @Test("is left by who is stopped, who hears how far he came", arguments: [StorageError.Code.cancelled, .unknown])
    func stopped(code: StorageError.Code) async throws {
        let watched = WatchedSpool(spool, changes: 1, then: StorageError(code, "stopped"))
        let error = await #expect(throws: EventBusError.self) { try await watched.parkedLetters.requeue(.all) }
        #expect(error?.code == .cancelled)
        #expect(error?.message == "stopped; 256 were requeued before")
        #expect(try await spool.line().count == 256)
    }
}
