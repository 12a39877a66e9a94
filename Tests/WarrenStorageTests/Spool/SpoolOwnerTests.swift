import Testing
import Warren
import WarrenTesting

@testable import WarrenStorage

@Suite("The owner of a spool")
struct SpoolOwnerTests {
    private let folder: DatabaseFolder

    init() throws {
        folder = try DatabaseFolder()
    }

    @Test("is one process: another one is told so, and disturbs nothing")
    func twoProcesses() async throws {
        let spool = try await folder.spool()
        try await spool.append(SpoolEntry("a"))
        await #expect(processExitsWith: .success) { [path = folder.path as String] in
            let configuration = SQLiteConfiguration(busyTimeout: .milliseconds(50))
            let error = await #expect(throws: StorageError.self) {
                _ = try await SQLiteSpoolStore(path: path, configuration: configuration)
            }
            #expect(error?.code == .inUse)
            let advice = "end that process, or give this one a file of its own"
            #expect(error?.message == "'\(path)': another process has it open: \(advice)")
            let reading = await #expect(throws: StorageError.self) {
                _ = try await SQLiteDatabase(path: path, configuration: configuration)
            }
            #expect(reading?.code == .busy)
        }
        try await spool.append(SpoolEntry("b"))
        #expect(try await spool.line() == ["a", "b"])
    }

    @Test("is kept out by whoever has the file open otherwise")
    func database() async throws {
        let database = try await folder.database()
        try await database.write { try $0.execute("CREATE TABLE numbers (number INTEGER PRIMARY KEY)") }
        let error = await #expect(throws: StorageError.self) { _ = try await folder.spool() }
        #expect(error?.code == .inUse)
        await database.close()
        try await folder.spool().append(SpoolEntry("a"))
    }

    @Test("waits for the one before, as long as it may")
    func handover() async throws {
        let spool = try await folder.spool()
        async let next = folder.spool(SpoolBounds(), SQLiteConfiguration(busyTimeout: .seconds(60)))
        try await spool.append(SpoolEntry("a"))
        await spool.close()
        #expect(try await next.line() == ["a"])
    }

    @Test("gives it up when nobody has it any more")
    func abandoned() async throws {
        do {
            let spool = try await folder.spool()
            try await spool.append(SpoolEntry("a"))
        }
        let patient = SQLiteConfiguration(busyTimeout: .seconds(60))
        #expect(try await folder.spool(SpoolBounds(), patient).line() == ["a"])
    }
}
