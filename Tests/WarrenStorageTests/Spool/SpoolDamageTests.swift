import Testing
import Warren

@testable import WarrenStorage

@Suite("A spool in a damaged file")
struct SpoolDamageTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    private func message(_ what: String) -> String {
        "'\(folder.path)': \(what): move it away, and put a copy of it or nothing in its place"
    }

    @Test(
        "says so of entries that cannot be read, and of no others",
        arguments: [
            "entries = x''", "entries = x'0000'", "entries = substr(entries, 1, length(entries) - 1)",
            "entries = CAST(entries || x'00' AS BLOB)", "entries = CAST(x'ffffffff' || substr(entries, 5) AS BLOB)",
            "entries = CAST(substr(entries, 1, 12) || x'ffffffff' || substr(entries, 17) AS BLOB)",
            "entries = zeroblob(100000)", "count = 4", "count = 0", "count = -1", "count = 9223372036854775807",
            "size = -1",
        ]
    )
    func damagedRow(change: String) async throws {
        let spool = try await folder.spool()
        try await spool.append(contentsOf: ["a", "b"].map { SpoolEntry($0) })
        try await spool.append(contentsOf: ["c", "d", "e"].map { SpoolEntry($0) })
        try await spool.append(SpoolEntry("f"))
        try await spool.alter("UPDATE warren_spool SET \(change) WHERE position = 3")
        // Those in front of it go out.
        let readable = try await spool.entries(after: nil, upTo: 10)
        #expect(readable.map(\.entry.eventID) == ["a", "b"])
        try await spool.remove(readable.map(\.position))
        let message = message("its entries from 3 on cannot be read")
        let error = await #expect(throws: StorageError.self) { _ = try await spool.entries(after: nil, upTo: 10) }
        #expect(error == StorageError(.damaged, message))
        let parking = await #expect(throws: StorageError.self) { try await spool.park(SpoolPosition(3), reason: "why") }
        #expect(parking == StorageError(.damaged, message))
        await spool.close()
        let again = try await folder.spool()
        try await again.append(SpoolEntry("g"))
        #expect(again.status.count > 0)
        #expect(try await again.entries(after: SpoolPosition(6), upTo: 10).map(\.entry.eventID) == ["g"])
    }

    @Test("takes no position that cannot be", arguments: [Int64.max, Int64.max - 1, 0, -1, Int64.min])
    func positions(position: Int64) async throws {
        let spool = try await folder.spool()
        try await spool.append(contentsOf: ["a", "b", "c"].map { SpoolEntry($0) })
        try await spool.alter("UPDATE warren_spool SET position = \(position)")
        let error = await #expect(throws: StorageError.self) { _ = try await spool.entries(after: nil, upTo: 10) }
        #expect(error == StorageError(.damaged, message("its entries from \(position) on cannot be read")))
        await spool.close()
        let reopening = await #expect(throws: StorageError.self) { _ = try await folder.spool() }
        #expect(reopening == error)
    }

    @Test("adds up what cannot be, and goes on")
    func sums() async throws {
        let spool = try await folder.spool()
        for name in ["a", "b", "c", "d"] { try await spool.append(SpoolEntry(name)) }
        try await spool.alter(
            "UPDATE warren_spool SET count = 9223372036854775807, size = 9223372036854775807 WHERE position IN (2, 3)"
        )
        await spool.close()
        let again = try await folder.spool()
        #expect(again.status.count == .max)
        let error = await #expect(throws: StorageError.self) { try await again.append(SpoolEntry("e")) }
        #expect(error?.code == .boundReached)
        #expect(try await again.entries(after: nil, upTo: 10).map(\.entry.eventID) == ["a"])
    }

    @Test("does not count as removed what was never there")
    func orphans() async throws {
        let spool = try await folder.spool()
        try await spool.append(contentsOf: ["a", "b", "c"].map { SpoolEntry($0) })
        try await spool.remove([SpoolPosition(2)])
        try await spool.alter("INSERT INTO warren_spool_removed VALUES (-5, 100), (0, 100), (4, 100), (50, 100)")
        await spool.close()
        let again = try await folder.spool()
        #expect(again.status.count == 2)
        #expect(again.status.bytes == 200)
        #expect(try await again.line() == ["a", "c"])
    }

    @Test("says so of a parked entry that cannot be read, which can be discarded")
    func parked() async throws {
        let spool = try await folder.spool()
        for name in ["a", "b", "c"] { try await spool.append(SpoolEntry(name)) }
        let positions = try await spool.entries(after: nil, upTo: 3).map(\.position)
        for position in positions { try await spool.park(position, reason: "why") }
        try await spool.alter("UPDATE warren_spool_parked SET entry = x'01' WHERE position = 2")
        #expect(try await spool.parked(after: nil, upTo: 10).map(\.spooled.position) == [positions[0]])
        let error = StorageError(.damaged, message("its parked entry 2 cannot be read"))
        await #expect(throws: error) { _ = try await spool.parked(after: positions[0], upTo: 10) }
        await #expect(throws: error) { try await spool.requeue(positions) }
        #expect(try await spool.line() == [])
        #expect(spool.status.parkedCount == 3)
        #expect(spool.status.count == 0)
        #expect(try await spool.discard([positions[1]]) == [positions[1]])
        #expect(try await spool.requeue(positions) == [positions[0], positions[2]])
        #expect(try await spool.line() == ["a", "c"])
    }
}
