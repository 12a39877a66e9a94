import Foundation
import Testing
import Warren
import WarrenRuntime

@testable import WarrenStorage

@Suite("Writes that share a transaction")
struct GroupCommitTests {
    private let folder: DatabaseFolder
    private let database: SQLiteDatabase

    init() async throws {
        folder = try DatabaseFolder()
        database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE things (name TEXT PRIMARY KEY, bytes BLOB)") }
    }

    /// Writes that begin when all of them are there, in this order.
    ///
    /// - Returns: what each has thrown, in the same order.
    private func together(_ writes: [@Sendable (SQLiteTransaction) throws -> Void]) async throws -> [String] {
        let (begun, mayEnd) = (StopSignal(), DispatchSemaphore(value: 0))
        let first = Task { [database] in
            try await database.write { _ in
                begun.stop()
                mayEnd.wait()
            }
        }
        await begun.wait()
        return try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for (index, write) in writes.enumerated() {
                let waiting = database.thread.waiting
                group.addTask { [database] in
                    do {
                        try await database.write(write)
                        return (index, "written")
                    } catch let error as StorageError {
                        return (index, "\(error.code)")
                    } catch {
                        return (index, "\(error)")
                    }
                }
                while database.thread.waiting == waiting { await Task.yield() }
            }
            mayEnd.signal()
            // It is in the same transaction.
            _ = try? await first.value
            return try await group.reduce(into: writes.map { _ in "" }) { $0[$1.0] = $1.1 }
        }
    }

    private func names() async throws -> [String] {
        try await database.read { try $0.query("SELECT name FROM things ORDER BY name").compactMap(\.[0].text) }
    }

    private static func insert(_ name: String, size: Int = 1) -> @Sendable (SQLiteTransaction) throws -> Void {
        { try $0.execute("INSERT INTO things VALUES (?, ?)", name, [UInt8](repeating: 1, count: size)) }
    }

    /// The database takes little more, as if the disk were full.
    private func fill() async throws {
        try await database.write { transaction in
            let pages = try transaction.query("PRAGMA page_count")[0][0].integer ?? 0
            _ = try transaction.query("PRAGMA max_page_count = \(pages + 2)")
        }
    }

    @Test("are undone one by one when they fail by themselves")
    func apart() async throws {
        let outcomes = try await together([
            Self.insert("a"),
            { transaction in
                try Self.insert("b")(transaction)
                throw Refusal()
            },
            { transaction in
                try Self.insert("c")(transaction)
                try Self.insert("a")(transaction)
            },
            Self.insert("d"),
        ])
        #expect(outcomes == ["written", "Refusal()", "constraint", "written"])
        #expect(try await names() == ["a", "d"])
    }

    @Test("see in each other's tables what they have done before them")
    func order() async throws {
        let outcomes = try await together(
            (0..<20).map { number in
                { transaction in
                    let count = try transaction.query("SELECT count(*) FROM things")[0][0].integer
                    guard count == Int64(number) else { throw Refusal() }
                    try Self.insert("\(number)")(transaction)
                }
            }
        )
        #expect(outcomes == Array(repeating: "written", count: 20))
    }

    @Test("are lost together when the disk is full, and each is told; then work goes on")
    func full() async throws {
        try await fill()
        let outcomes = try await together([Self.insert("a"), Self.insert("b", size: 100_000), Self.insert("c")])
        #expect(outcomes == ["full", "full", "full"])
        #expect(try await names() == [])
        #expect(try await together([Self.insert("a"), Self.insert("c")]) == ["written", "written"])
        #expect(try await names() == ["a", "c"])
    }

    @Test("are not written in part where a handler catches what cost the transaction, and goes on")
    func caught() async throws {
        try await fill()
        let outcomes = try await together([
            Self.insert("a"),
            { transaction in
                try Self.insert("b")(transaction)
                try? Self.insert("c", size: 100_000)(transaction)
                try? Self.insert("d")(transaction)
            },
            Self.insert("e"),
        ])
        #expect(outcomes == ["failed", "failed", "failed"])
        #expect(try await names() == [])
        let own = try await together([
            { transaction in
                try? Self.insert("c", size: 100_000)(transaction)
                try Self.insert("d")(transaction)
            }
        ])
        #expect(own == ["failed"])
        #expect(try await names() == [])
    }

    @Test("are not harmed by savepoints that a handler leaves behind; ours it cannot take away")
    func savepoints() async throws {
        let outcomes = try await together([
            { transaction in
                try transaction.execute("SAVEPOINT left")
                try Self.insert("a")(transaction)
            },
            { transaction in
                try Self.insert("b")(transaction)
                try transaction.execute("RELEASE warren_job")
            },
        ])
        #expect(outcomes == ["written", "invalidStatement"])
        #expect(try await names() == ["a"])
    }
}
