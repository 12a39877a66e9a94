import Foundation
import Glibc
import Testing
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

@Suite("Opening a database")
struct SQLiteOpeningTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    private func failure(_ path: String) async -> StorageError? {
        await #expect(throws: StorageError.self) { _ = try await SQLiteDatabase(path: path) }
    }

    @Test("names no database in memory, nor one that vanishes", arguments: ["", ":memory:", "a\0b"])
    func names(path: String) async {
        #expect(await failure(path)?.code == .invalidConfiguration)
    }

    @Test("says what is wrong with a path")
    func paths() async throws {
        let missing = folder.folder.path(of: "missing/test.db")
        let error = await failure(missing)
        #expect(error?.code == .cannotOpen)
        let reason = "cannot open it: unable to open database file (No such file or directory)"
        let advice = "its folder has to be there, and this process allowed to write to it"
        #expect(error?.message == "'\(missing)': \(reason): \(advice)")
        #expect(await failure(folder.folder.path)?.code == .cannotOpen)
    }

    @Test("finds out what is no database, and leaves it alone")
    func noDatabase() async throws {
        let text = String(repeating: "This is a letter. ", count: 100)
        try text.write(toFile: folder.path, atomically: true, encoding: .utf8)
        let error = await failure(folder.path)
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("file is not a database: move it away") == true)
        let spool = await #expect(throws: StorageError.self) { _ = try await folder.spool() }
        #expect(spool?.code == .damaged)
        #expect(try String(contentsOfFile: folder.path, encoding: .utf8) == text)
    }

    @Test("finds damage, at the start or when it comes to it, and writes nothing over it")
    func damaged() async throws {
        let spool = try await folder.spool()
        for number in 0..<200 { try await spool.append(SpoolEntry("\(number)")) }
        await spool.close()
        var bytes = try Data(contentsOf: URL(filePath: folder.path))
        bytes.replaceSubrange(4096..<bytes.count, with: repeatElement(0xFF, count: bytes.count - 4096))
        try bytes.write(to: URL(filePath: folder.path))
        let error = await #expect(throws: StorageError.self) { _ = try await folder.spool() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("database disk image is malformed: move it away") == true)
        #expect(try Data(contentsOf: URL(filePath: folder.path)) == bytes)
    }

    @Test("refuses a file that may only be read, whoever runs this")
    func readOnly() async throws {
        await (try await folder.database()).close()
        #expect(chmod(folder.folder.path, 0o755) == 0)
        #expect(chmod(folder.path, 0o444) == 0)
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            // To root everything may be written.
            if getuid() == 0 { #expect(setuid(65534) == 0) }
            let error = await #expect(throws: StorageError.self) { _ = try await SQLiteDatabase(path: path) }
            #expect(error?.code == .readOnly)
            let advice = "allow this process to write to it and to its folder"
            #expect(error?.message == "'\(path)': may not be written: \(advice)")
        }
    }

    @Test("keeps away from what a newer version has written", arguments: ["inbox", "spool"])
    func newerVersion(part: String) async throws {
        let database = try await folder.database()
        await (try await folder.inbox(in: database)).close()
        await database.close()
        await (try await folder.spool()).close()
        let newer = try await folder.database()
        try await newer.write { try $0.execute("UPDATE warren_schema SET version = 2 WHERE part = ?", part) }
        await newer.close()
        let before = try Data(contentsOf: URL(filePath: folder.path))
        let error = await #expect(throws: StorageError.self) {
            if part == "spool" { _ = try await folder.spool() } else { _ = try await folder.inbox() }
        }
        #expect(error?.code == .newerVersion)
        let advice = "update this program, or give it another file"
        let versions = "version 2, this one knows 1"
        #expect(error?.message == "'\(folder.path)': a newer Warren has written its \(part) (\(versions)): \(advice)")
        try await eventually("it is closed") { !FileManager.default.fileExists(atPath: folder.path + "-wal") }
        #expect(try Data(contentsOf: URL(filePath: folder.path)) == before)
        // Each part has a version of its own.
        if part == "spool" { _ = try await folder.inbox() } else { await (try await folder.spool()).close() }
    }

    @Test("brings an older version up step by step, and a failed step leaves it as it was")
    func migration() async throws {
        let steps = [
            "CREATE TABLE a (x); CREATE TABLE b (x);", "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2);",
        ]
        let database = try await folder.database()
        func apply(_ steps: [String]) async throws {
            try await database.thread.perform(.severalStatements) {
                try Schema(part: "test", steps: steps).apply(to: $0)
            }
        }
        try await apply(Array(steps.prefix(1)))
        await #expect(throws: StorageError.self) { try await apply(steps + ["CREATE TABLE b (x)"]) }
        #expect(try await database.read { try $0.query("SELECT * FROM a") } == [])
        for _ in 0..<2 { try await apply(steps) }
        #expect(try await database.read { try $0.query("SELECT y FROM a") }.map(\.[0]) == [.integer(2)])
        let version = try await database.read { try $0.query("SELECT version FROM warren_schema WHERE part = 'test'") }
        #expect(version.map(\.[0]) == [.integer(2)])
    }

    @Test("survives a log that was cut off anywhere: what is there then is the beginning of what was written")
    func cutLog() async throws {
        let spool = try await folder.spool()
        for number in 0..<20 { try await spool.append(SpoolEntry("\(number)")) }
        let log = try Data(contentsOf: URL(filePath: folder.path + "-wal"))
        var lengths: Set<Int> = []
        for length in stride(from: 0, through: log.count, by: 1777) {
            let copy = try TemporaryFolder()
            try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path(of: "test.db"))
            try log.prefix(length).write(to: URL(filePath: copy.path(of: "test.db-wal")))
            let cut = try await SQLiteSpoolStore(path: copy.path(of: "test.db"))
            let line = try await cut.line()
            #expect(line == (0..<line.count).map { "\($0)" })
            lengths.insert(line.count)
            await cut.close()
        }
        #expect(lengths.isSuperset(of: [0, 10, 19]))
    }
}
