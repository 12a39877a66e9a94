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
        if limit == "disk" {
            try await spool.thread.perform(.oneStatement) { try $0.run("PRAGMA max_page_count = 200") }
        }
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
        try await spool.thread.perform(.severalStatements) { connection in
            try connection.runScript(
                """
                CREATE TRIGGER refused BEFORE INSERT ON warren_spool WHEN instr(NEW.entries, CAST('poison' AS BLOB)) > 0
                BEGIN SELECT RAISE(ABORT, 'not this one'); END
                """
            )
        }
        let names = (0..<20).map { $0 % 7 == 3 ? "poison \($0)" : "\($0)" }
        let outcomes = try await spool.together(names)
        #expect(outcomes == names.map { $0.hasPrefix("poison") ? "constraint" : "written" })
        let rest = names.filter { !$0.hasPrefix("poison") }
        #expect(try await spool.line() == rest)
        #expect(spool.status.count == rest.count)
    }

    @Test(
        "that are damaged are told, and neither end the process nor are passed over",
        arguments: [
            "entries = x''", "entries = x'0000'", "entries = substr(entries, 1, length(entries) - 1)",
            "entries = CAST(entries || x'00' AS BLOB)", "count = 4", "count = 0", "count = -1",
            "count = 9223372036854775807", "entries = CAST(x'ffffffff' || substr(entries, 5) AS BLOB)",
            "entries = CAST(substr(entries, 1, 12) || x'ffffffff' || substr(entries, 17) AS BLOB)",
        ]
    )
    func damaged(change: String) async throws {
        let spool = try await folder.spool()
        try await spool.append(contentsOf: ["a", "b", "c"].map { SpoolEntry($0) })
        let positions = try await spool.entries(after: nil, upTo: 3).map(\.position)
        try await spool.thread.perform(.oneStatement) { try $0.run("UPDATE warren_spool SET \(change)") }
        let error = await #expect(throws: StorageError.self) { _ = try await spool.entries(after: nil, upTo: 3) }
        #expect(error?.code == .damaged)
        #expect(
            error?.message
                == "'\(folder.path)': its entries from 1 on cannot be read: move it away, and put a copy of it or nothing in its "
                + "place"
        )
        await #expect(throws: StorageError.self) { try await spool.park(positions[0], reason: "why") }
        _ = try? await spool.remove([positions[0]])
        await spool.close()
        let again = try await folder.spool()
        _ = try? await again.append(SpoolEntry("d"))
        _ = again.status
    }

    @Test("end with the last position")
    func lastPosition() async throws {
        let spool = try await folder.spool()
        try await spool.append(SpoolEntry("a"))
        try await spool.thread.perform(.oneStatement) { connection in
            try connection.run("UPDATE warren_spool SET position = \(Int64.max - 2)")
        }
        await spool.close()
        let again = try await folder.spool()
        let error = await #expect(throws: StorageError.self) {
            try await again.append(contentsOf: ["b", "c", "d"].map { SpoolEntry($0) })
        }
        #expect(error?.code == .damaged)
        #expect(error?.message.hasPrefix("'\(folder.path)': it has no position left for an entry: ") == true)
        try await again.append(contentsOf: [SpoolEntry("b"), SpoolEntry("c")])
        #expect(try await again.line() == ["a", "b", "c"])
        try await again.remove([SpoolPosition(.max)])
        #expect(try await again.line() == ["a", "b"])
    }
}
