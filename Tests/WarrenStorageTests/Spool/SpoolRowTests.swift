import Testing
import Warren

@testable import WarrenStorage

@Suite("The rows of a spool")
struct SpoolRowTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    private func rows(_ spool: SQLiteSpoolStore) async throws -> [Int64] {
        try await spool.integers("SELECT count FROM warren_spool ORDER BY position")
    }

    @Test("take what tasks append at a time, and an array of entries, as one")
    func together() async throws {
        let spool = try await folder.spool()
        try await spool.append(contentsOf: (0..<64).map { SpoolEntry("\($0)") })
        #expect(try await rows(spool) == [64])
        let names = (0..<10).map { "task \($0)" }
        #expect(try await spool.together(names) == names.map { _ in "written" })
        #expect(try await rows(spool) == [64, 10])
        #expect(spool.status.count == 74)
    }

    @Test("do not become too large; an entry that is has a row of its own")
    func sizes() async throws {
        let spool = try await folder.spool()
        try await spool.append(contentsOf: [SpoolEntry("a"), SpoolEntry("large", size: 300_000), SpoolEntry("b")])
        #expect(try await rows(spool) == [1, 1, 1])
        try await spool.append(contentsOf: (0..<1200).map { SpoolEntry("\($0)") })
        // Each entry takes its 100 bytes, and 16 for the lengths of its parts.
        #expect(try await rows(spool) == [1, 1, 1, 564, 564, 72])
        #expect(try await spool.together((0..<600).map { "\($0)" }).allSatisfy { $0 == "written" })
        #expect(try await rows(spool).dropFirst(6) == [564, 36])
    }

    @Test("of one array are all there or none", arguments: ["bound", "disk"])
    func allOrNone(limit: String) async throws {
        let spool = try await folder.spool(SpoolBounds(bytes: limit == "bound" ? 800_000 : 1 << 30))
        try await spool.append(SpoolEntry("a"))
        if limit == "disk" { try await spool.alter("PRAGMA max_page_count = 200") }
        let error = await #expect(throws: StorageError.self) {
            try await spool.append(contentsOf: (0..<9000).map { SpoolEntry("\($0)") })
        }
        #expect(error?.code == (limit == "bound" ? .boundReached : .full))
        #expect(try await spool.line() == ["a"])
        #expect(spool.status.bytes == 100)
        try await spool.append(SpoolEntry("b"))
        #expect(try await spool.line() == ["a", "b"])
    }

    @Test("that the database refuses cost nobody else's entries their place")
    func oneRefused() async throws {
        let spool = try await folder.spool()
        try await spool.refuse("poison", with: "ABORT")
        let names = (0..<20).map { $0 % 7 == 3 ? "poison \($0)" : "\($0)" }
        let outcomes = try await spool.together(names)
        #expect(outcomes == names.map { $0.hasPrefix("poison") ? "constraint" : "written" })
        let rest = names.filter { !$0.hasPrefix("poison") }
        #expect(try await spool.line() == rest)
        #expect(spool.status.count == rest.count)
    }

    @Test("that cost the transaction are not written beside it, nor cost anybody else's entries their place")
    func oneLosesAll() async throws {
        let spool = try await folder.spool()
        try await spool.refuse("soft", with: "ABORT")
        try await spool.refuse("hard", with: "ROLLBACK")
        let names = ["soft 1", "hard 2", "3", "4", "hard 5", "6", "soft 7", "8", "9"]
        let outcomes = try await spool.together(names)
        #expect(outcomes == names.map { $0.count > 1 ? "constraint" : "written" })
        try await spool.append(SpoolEntry("last"))
        #expect(try await spool.line() == ["3", "4", "6", "8", "9", "last"])
        let status = spool.status
        await spool.close()
        #expect(try await folder.spool().status == status)
    }

    @Test("are written, removed and written again in one transaction")
    func mixed() async throws {
        let spool = try await folder.spool()
        try await spool.append(contentsOf: ["a", "b", "c"].map { SpoolEntry($0) })
        let positions = try await spool.entries(after: nil, upTo: 3).map(\.position)
        let outcomes = try await spool.thread.together([
            { try await spool.append(SpoolEntry("d")) },
            { try await spool.append(SpoolEntry("e")) },
            { try await spool.remove([positions[1]]) },
            { try await spool.append(SpoolEntry("f")) },
            { try await spool.park(positions[0], reason: "why") },
            { try await spool.append(SpoolEntry("g")) },
        ])
        #expect(outcomes == Array(repeating: "written", count: 6))
        #expect(try await spool.line() == ["c", "d", "e", "f", "g"])
        #expect(try await rows(spool) == [3, 2, 1, 1])
        #expect(spool.status.bytes == 500)
        #expect(spool.status.parkedBytes == 100)
    }

    @Test("of an array that fails in its last are not counted")
    func uncounted() async throws {
        let spool = try await folder.spool()
        try await spool.append(SpoolEntry("a"))
        try await spool.alter("UPDATE warren_spool SET position = \(Int64.max - 2)")
        await spool.close()
        let again = try await folder.spool()
        let error = await #expect(throws: StorageError.self) {
            try await again.append(contentsOf: [SpoolEntry("b"), SpoolEntry("large", size: 300_000), SpoolEntry("c")])
        }
        #expect(error?.code == .damaged)
        #expect(error?.message.hasPrefix("'\(folder.path)': it has no position left for an entry: ") == true)
        #expect(again.status.count == 1)
        #expect(again.status.bytes == 100)
        // The last positions can be used, read, and left.
        try await again.append(contentsOf: [SpoolEntry("b"), SpoolEntry("c")])
        #expect(try await again.line() == ["a", "b", "c"])
        try await again.remove([SpoolPosition(.max)])
        #expect(try await again.line() == ["a", "b"])
    }
}

extension SQLiteSpoolStore {
    /// Does something to the tables that a spool does not do.
    func alter(_ sql: String) async throws {
        try await thread.perform(.severalStatements) { try $0.runScript(sql) }
    }

    /// The database refuses rows with a word in them.
    fileprivate func refuse(_ word: String, with action: String) async throws {
        try await alter(
            """
            CREATE TRIGGER \(word) BEFORE INSERT ON warren_spool WHEN instr(NEW.entries, CAST('\(word)' AS BLOB)) > 0
            BEGIN SELECT RAISE(\(action), 'not this one'); END
            """
        )
    }
}
