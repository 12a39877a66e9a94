import Foundation
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("A database in SQLite")
struct SQLiteDatabaseTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    @Test("is written by many tasks at a time, each by itself")
    func concurrency() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE counts (name TEXT PRIMARY KEY, count INTEGER)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<20 {
                group.addTask {
                    for _ in 0..<20 {
                        try await database.write { transaction in
                            let old = try transaction.query("SELECT count FROM counts WHERE name = ?", "\(task % 3)")
                            let count = (old.first?[0].integer ?? 0) + 1
                            try transaction.execute("REPLACE INTO counts VALUES (?, ?)", "\(task % 3)", count)
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let rows = try await database.read { try $0.query("SELECT count FROM counts ORDER BY name") }
        #expect(rows.map(\.[0].integer) == [140, 140, 120])
    }

    @Test("finishes what was begun when it is closed, and does nothing more")
    func closing() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        await database.close()
        await database.close()
        let error = await #expect(throws: StorageError.self) { try await database.write { _ in } }
        #expect(error == StorageError(.closed, "'\(folder.path)': was closed"))
        // Closed in peace it is one file again.
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.folder.path) == ["test.db"])
    }

    @Test("is closed when nobody has it any more")
    func abandoned() async throws {
        do {
            let database = try await folder.database()
            try await database.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        }
        try await eventually("its log is gone") { !FileManager.default.fileExists(atPath: folder.path + "-wal") }
    }

    @Test("is open to others, who see what is written, one writer at a time")
    func sharing() async throws {
        let (one, other) = (try await folder.database(), try await folder.database())
        try await one.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<100 {
                let database = number % 2 == 0 ? one : other
                group.addTask {
                    try await database.write { _ = try $0.execute("INSERT INTO numbers VALUES (?)", number) }
                }
            }
            try await group.waitForAll()
        }
        for database in [one, other] {
            #expect(try await database.read { try $0.query("SELECT * FROM numbers") }.count == 100)
        }
    }

    @Test("waits for another writer as long as it may, then says so; then it goes on")
    func busy() async throws {
        let (one, other) = (try await folder.database(), try await folder.database(DatabaseFolder.impatient))
        try await one.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        let (begun, mayEnd) = (StopSignal(), DispatchSemaphore(value: 0))
        async let first: Int = one.write { transaction in
            begun.stop()
            mayEnd.wait()
            return try transaction.execute("INSERT INTO numbers VALUES (1)")
        }
        await begun.wait()
        let error = await #expect(throws: StorageError.self) {
            try await other.write { try $0.execute("INSERT INTO numbers VALUES (2)") }
        }
        #expect(error?.code == .busy)
        #expect(error?.message.hasSuffix("another process has it locked: try again, or end that process") == true)
        // Reading waits for nobody.
        #expect(try await other.read { try $0.query("SELECT * FROM numbers") } == [])
        mayEnd.signal()
        #expect(try await first == 1)
        try await other.write { try $0.execute("INSERT INTO numbers VALUES (2)") }
        #expect(try await one.read { try $0.query("SELECT * FROM numbers") }.count == 2)
    }

    @Test("does what a cancelled task asks for only where it was begun, and the task knows")
    func cancelling() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        let (begun, mayEnd) = (StopSignal(), DispatchSemaphore(value: 0))
        let first = Task {
            try await database.write { transaction in
                begun.stop()
                mayEnd.wait()
                try transaction.execute("INSERT INTO numbers VALUES (1)")
            }
        }
        await begun.wait()
        let second = Task { try await database.write { try $0.execute("INSERT INTO numbers VALUES (2)") } }
        second.cancel()
        let error = await #expect(throws: StorageError.self) { _ = try await second.value }
        #expect(error?.code == .cancelled)
        first.cancel()
        let unknown = await #expect(throws: StorageError.self) { _ = try await first.value }
        #expect(unknown?.code == .unknown)
        mayEnd.signal()
        let rows = try await database.read { try $0.query("SELECT number FROM numbers") }
        #expect(rows.map(\.[0].integer) == [1])
    }

    @Test("writes nothing into a file that was moved or deleted, where it would be lost", arguments: [true, false])
    func moved(isDeleted: Bool) async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        if isDeleted {
            try FileManager.default.removeItem(atPath: folder.path)
        } else {
            try FileManager.default.moveItem(atPath: folder.path, toPath: folder.path + ".old")
        }
        let error = await #expect(throws: StorageError.self) {
            try await database.write { try $0.execute("INSERT INTO numbers VALUES (1)") }
        }
        #expect(
            error == StorageError(.failed, "'\(folder.path)': was moved or deleted while it was open: open it anew")
        )
    }
}
