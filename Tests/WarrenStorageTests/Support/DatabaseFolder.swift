import Foundation
import Warren
import WarrenRuntime
import WarrenTesting

@testable import WarrenStorage

/// A folder with a database file, and what else is beside it.
final class DatabaseFolder: Sendable {
    private let current: Locked<TemporaryFolder>
    /// Earlier ones: those who have files open there go on.
    private let former = Locked<[TemporaryFolder]>([])
    let calendar = TestCalendar()

    init() throws {
        let folder = try TemporaryFolder(prefix: "warren-storage")
        current = Locked(folder)
    }

    var folder: TemporaryFolder { current.withLock { $0 } }

    /// The database file.
    var path: String { folder.path(of: "test.db") }

    /// What a crash now would leave behind becomes the database.
    func crash() throws {
        let (old, new) = (folder, try TemporaryFolder(prefix: "warren-storage"))
        for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: path + suffix) {
            try FileManager.default.copyItem(atPath: path + suffix, toPath: new.path(of: "test.db" + suffix))
        }
        former.withLock { $0.append(old) }
        current.withLock { $0 = new }
    }

    /// Fails soon where something is locked: no test wants to wait for it.
    static let impatient = SQLiteConfiguration(busyTimeout: .milliseconds(50))

    func spool(
        _ bounds: SpoolBounds = SpoolBounds(),
        _ configuration: SQLiteConfiguration = impatient
    ) async throws
        -> SQLiteSpoolStore
    {
        try await SQLiteSpoolStore(path: path, bounds: bounds, configuration: configuration) { [calendar] in
            calendar.wallTime
        }
    }

    func database(_ configuration: SQLiteConfiguration = SQLiteConfiguration()) async throws -> SQLiteDatabase {
        try await SQLiteDatabase(path: path, configuration: configuration)
    }

    func inbox(retention: Duration = .seconds(3600)) async throws -> SQLiteInboxStore {
        let database = try await database()
        return try await inbox(in: database, retention: retention)
    }

    func inbox(in database: SQLiteDatabase, retention: Duration = .seconds(3600)) async throws -> SQLiteInboxStore {
        try await SQLiteInboxStore(in: database, retention: retention, clock: calendar) { [calendar] in
            calendar.wallTime
        }
    }
}

extension SpoolEntry {
    /// An entry of so many bytes.
    init(_ name: String, size: Int = 100) {
        self.init(
            eventID: name,
            eventType: "T",
            route: [],
            body: Array(repeating: 1, count: max(0, size - 1 - name.utf8.count))
        )
    }
}

extension SpoolStore {
    /// All that waits, by the events' ids.
    func line() async throws -> [String] {
        var (names, last): ([String], SpoolPosition?) = ([], nil)
        while true {
            let entries = try await entries(after: last, upTo: 10_000)
            guard let end = entries.last else { return names }
            names += entries.map(\.entry.eventID)
            last = end.position
        }
    }
}
