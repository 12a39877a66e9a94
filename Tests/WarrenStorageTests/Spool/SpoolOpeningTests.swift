import Foundation
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("A spool that has to be there")
struct SpoolOpeningTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    private func open(_ path: String) async throws(StorageError) -> SQLiteSpoolStore {
        try await SQLiteSpoolStore(existing: path, configuration: DatabaseFolder.impatient)
    }

    private func refuses(_ path: String, _ code: StorageError.Code) async -> StorageError? {
        let error = await #expect(throws: StorageError.self) { _ = try await open(path) }
        #expect(error?.code == code, "\(path)")
        return error
    }

    /// All files of the folder, byte by byte.
    private func files() throws -> [String: Data] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.folder.path)
        return try Dictionary(
            uniqueKeysWithValues: names.map { name in
                (name, try Data(contentsOf: URL(filePath: folder.folder.path(of: name))))
            }
        )
    }

    @Test("is opened, after a crash too")
    func opened() async throws {
        let spool = try await folder.spool()
        try await spool.append(SpoolEntry("a"))
        // All of it is in the log still.
        try folder.crash()
        let again = try await open(folder.path)
        #expect(try await again.line() == ["a"])
        await again.close()
        await (try await open(folder.path)).close()
    }

    @Test("is in use while another has it")
    func inUse() async throws {
        let spool = try await folder.spool()
        _ = await refuses(folder.path, .inUse)
        await spool.close()
    }

    @Test("is not made of another's database, whose bytes stay as they are", arguments: ["delete", "wal"])
    func foreign(mode: String) async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE payments (payer TEXT)") }
        if mode == "delete" {
            await (try await folder.inbox(in: database)).close()
            try await database.thread.perform(.reading) { connection in
                _ = try connection.rows("PRAGMA journal_mode = DELETE") { _ in true }
            }
        }
        await database.close()
        let before = try files()
        let error = await refuses(folder.path, .cannotOpen)
        #expect(error?.message == "'\(folder.path)': there is no spool in it")
        #expect(try files() == before)
    }

    @Test("is not made of one that somebody has open, who is not held up")
    func foreignInUse() async throws {
        let database = try await folder.database(DatabaseFolder.impatient)
        try await database.write { try $0.execute("CREATE TABLE payments (payer TEXT)") }
        let before = try Data(contentsOf: URL(filePath: folder.path))
        _ = await refuses(folder.path, .cannotOpen)
        #expect(try Data(contentsOf: URL(filePath: folder.path)) == before)
        try await database.write { try $0.execute("INSERT INTO payments VALUES ('a')") }
        let tables = try await database.read { try $0.query("SELECT name FROM sqlite_schema").map(\.[0].text) }
        #expect(tables == ["payments"])
        await database.close()
    }

    @Test("is not made where there is no file, nor of one that is empty or no database")
    func nothing() async throws {
        _ = await refuses(folder.path, .cannotOpen)
        #expect(try files().isEmpty)
        try Data().write(to: URL(filePath: folder.path))
        _ = await refuses(folder.path, .cannotOpen)
        try Data("This is a letter, and not a short one. ".utf8).write(to: URL(filePath: folder.path))
        let before = try files()
        _ = await refuses(folder.path, .damaged)
        #expect(try files() == before)
    }

    @Test("may have a name that means something in a URL")
    func names() async throws {
        let path = folder.folder.path(of: "100% a?b=c#d é.db")
        await (try await SQLiteSpoolStore(path: path)).close()
        await (try await open(path)).close()
    }
}
