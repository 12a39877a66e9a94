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

    private func names() async throws -> [String] {
        try await database.read { try $0.query("SELECT name FROM things ORDER BY name").compactMap(\.[0].text) }
    }

    private static func insert(_ name: String, size: Int = 1) -> @Sendable (SQLiteTransaction) throws -> Void {
        { try $0.execute("INSERT INTO things VALUES (?, ?)", name, [UInt8](repeating: 1, count: size)) }
    }

    @Test("are undone one by one when they fail by themselves")
    func apart() async throws {
        let outcomes = try await database.together([
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
        let outcomes = try await database.together(
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

    @Test("are not harmed by savepoints that a handler leaves behind; ours it cannot take away")
    func savepoints() async throws {
        let outcomes = try await database.together([
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

    @Test("are not begun while others that came with them are under way: until then they can be cancelled")
    func cancelling() async throws {
        let (isUnderWay, mayGoOn) = (StopSignal(), DispatchSemaphore(value: 0))
        let wasCalled = StopSignal()
        let outcomes = try await database.thread.together([
            {
                try await self.database.write { _ in
                    isUnderWay.stop()
                    mayGoOn.wait()
                }
            },
            {
                let task = Task {
                    do {
                        try await self.database.write { _ in wasCalled.stop() }
                        return StorageError.Code?.none
                    } catch {
                        return (error as? StorageError)?.code
                    }
                }
                await isUnderWay.wait()
                task.cancel()
                #expect(await task.value == .cancelled)
                mayGoOn.signal()
            },
        ])
        #expect(outcomes == ["written", "written"])
        #expect(!wasCalled.isStopped)
    }
}
