import Warren
import WarrenRuntime

/// The tables of a spool, as its one connection sees them.
struct SpoolTables {
    static let schema = Schema(
        part: "spool",
        steps: [
            """
            CREATE TABLE warren_spool (
                position INTEGER PRIMARY KEY,
                spooled_at INTEGER NOT NULL,
                size INTEGER NOT NULL,
                event_id TEXT NOT NULL,
                event_type TEXT NOT NULL,
                route BLOB NOT NULL,
                body BLOB NOT NULL
            ) STRICT;
            CREATE TABLE warren_spool_parked (
                position INTEGER PRIMARY KEY,
                parked_at INTEGER NOT NULL,
                reason TEXT NOT NULL,
                spooled_at INTEGER NOT NULL,
                size INTEGER NOT NULL,
                event_id TEXT NOT NULL,
                event_type TEXT NOT NULL,
                route BLOB NOT NULL,
                body BLOB NOT NULL
            ) STRICT;
            """
        ]
    )

    /// How many bytes of entries are read at a time.
    private static let readingSize = 4 << 20

    private static let content = "size, event_id, event_type, route, body"

    /// Made once: it is what is done most.
    private static let insertion =
        "INSERT INTO warren_spool (position, spooled_at, \(content)) VALUES (?, ?, ?, ?, ?, ?, ?)"

    let connection: SQLiteConnection
    let ledger: SpoolLedger

    init(_ connection: SQLiteConnection, _ ledger: SpoolLedger) {
        self.connection = connection
        self.ledger = ledger
    }

    /// Creates the tables where there are none, and counts what is in them.
    func open() throws(StorageError) {
        try Self.schema.apply(to: connection)
        var contents = SpoolContents()
        (contents.count, contents.bytes, contents.nextPosition) = try sum("warren_spool")
        let next: Int64
        (contents.parkedCount, contents.parkedBytes, next) = try sum("warren_spool_parked")
        contents.nextPosition = max(contents.nextPosition, next)
        contents.oldest = try oldest()
        ledger.contents = contents
    }

    // MARK: - The line

    func append(_ entries: [SpoolEntry], _ bounds: SpoolBounds, now: WallTime) throws(StorageError) {
        var contents = ledger.contents
        let size = entries.reduce(0) { $0 + $1.size }
        try contents.check(bounds, adding: size, at: now, connection.path)
        for entry in entries {
            try connection.run(Self.insertion) { statement throws(StorageError) in
                try statement.bind(contents.nextPosition, at: 1)
                try statement.bind(now.milliseconds, at: 2)
                try statement.bind(Int64(entry.size), at: 3)
                try statement.bind(entry.eventID, at: 4)
                try statement.bind(entry.eventType, at: 5)
                try statement.bind(entry.route, at: 6)
                try statement.bind(entry.body, at: 7)
            }
            contents.nextPosition += 1
        }
        contents.count += entries.count
        contents.bytes += size
        contents.oldest = contents.oldest ?? now
        ledger.contents = contents
    }

    func entries(after position: Int64, limit: Int) throws(StorageError) -> [SpooledEntry] {
        var left = Self.readingSize
        return try connection.rows(
            "SELECT position, spooled_at, \(Self.content) FROM warren_spool WHERE position > ? ORDER BY position LIMIT ?",
            position,
            limit
        ) { row in Self.spooled(row, from: 0, &left) }
    }

    func remove(_ positions: [SpoolPosition]) throws(StorageError) {
        var contents = ledger.contents
        for position in positions {
            guard let size = try delete(position, from: "warren_spool") else { continue }
            contents.count -= 1
            contents.bytes -= size
        }
        contents.oldest = try oldest()
        ledger.contents = contents
    }

    // MARK: - What is parked

    func park(_ position: SpoolPosition, reason: String, now: WallTime) throws(StorageError) {
        try connection.run(
            """
            INSERT INTO warren_spool_parked (position, parked_at, reason, spooled_at, \(Self.content))
            SELECT position, ?, ?, spooled_at, \(Self.content) FROM warren_spool WHERE position = ?
            """,
            now.milliseconds,
            reason,
            position.number
        )
        guard let size = try delete(position, from: "warren_spool") else { return }
        var contents = ledger.contents
        contents.count -= 1
        contents.bytes -= size
        contents.parkedCount += 1
        contents.parkedBytes += size
        contents.oldest = try oldest()
        ledger.contents = contents
    }

    func parked(after position: Int64, limit: Int) throws(StorageError) -> [ParkedEntry] {
        var left = Self.readingSize
        return try connection.rows(
            """
            SELECT parked_at, reason, position, spooled_at, \(Self.content)
            FROM warren_spool_parked WHERE position > ? ORDER BY position LIMIT ?
            """,
            position,
            limit
        ) { row in
            let parkedAt = EventTimestamp(milliseconds: row.integer(at: 0))
            let reason = row.text(at: 1)
            return Self.spooled(row, from: 2, &left).map {
                ParkedEntry(spooled: $0, parkedAt: parkedAt, reason: reason)
            }
        }
    }

    func requeue(_ positions: [SpoolPosition], now: WallTime) throws(StorageError) -> [SpoolPosition] {
        var contents = ledger.contents
        var changed: [SpoolPosition] = []
        for position in positions {
            try connection.run(
                """
                INSERT INTO warren_spool (position, spooled_at, \(Self.content))
                SELECT ?, ?, \(Self.content) FROM warren_spool_parked WHERE position = ?
                """,
                contents.nextPosition,
                now.milliseconds,
                position.number
            )
            guard let size = try delete(position, from: "warren_spool_parked") else { continue }
            contents.nextPosition += 1
            contents.count += 1
            contents.bytes += size
            contents.parkedCount -= 1
            contents.parkedBytes -= size
            changed.append(position)
        }
        contents.oldest = try oldest()
        ledger.contents = contents
        return changed
    }

    func discard(_ positions: [SpoolPosition]) throws(StorageError) -> [SpoolPosition] {
        var contents = ledger.contents
        var changed: [SpoolPosition] = []
        for position in positions {
            guard let size = try delete(position, from: "warren_spool_parked") else { continue }
            contents.parkedCount -= 1
            contents.parkedBytes -= size
            changed.append(position)
        }
        ledger.contents = contents
        return changed
    }

    // MARK: - Rows

    /// - Returns: the size of the entry; `nil` when it is not there.
    private func delete(_ position: SpoolPosition, from table: String) throws(StorageError) -> Int? {
        try connection.rows(
            "DELETE FROM \(table) WHERE position = ? RETURNING size",
            position.number
        ) { Int(clamping: $0.integer(at: 0)) }.first
    }

    private func oldest() throws(StorageError) -> WallTime? {
        try connection.rows("SELECT spooled_at FROM warren_spool ORDER BY position LIMIT 1") {
            WallTime(milliseconds: $0.integer(at: 0))
        }.first
    }

    private func sum(_ table: String) throws(StorageError) -> (count: Int, bytes: Int, nextPosition: Int64) {
        try connection.rows(
            "SELECT count(*), coalesce(sum(size), 0), coalesce(max(position), 0) + 1 FROM \(table)"
        ) { row in
            (Int(clamping: row.integer(at: 0)), Int(clamping: row.integer(at: 1)), row.integer(at: 2))
        }.first ?? (0, 0, 1)
    }

    /// Reads an entry, as long as bytes are left to be read.
    ///
    /// - Parameters:
    ///   - row: where it stands.
    ///   - first: the column of the position; the time and the content follow.
    ///   - left: how many bytes may still be read.
    /// - Returns: the entry; `nil` when no bytes are left.
    private static func spooled(_ row: SQLiteStatement, from first: Int32, _ left: inout Int) -> SpooledEntry? {
        guard left > 0 else { return nil }
        left -= Int(clamping: row.integer(at: first + 2))
        return SpooledEntry(
            position: SpoolPosition(row.integer(at: first)),
            spooledAt: EventTimestamp(milliseconds: row.integer(at: first + 1)),
            entry: SpoolEntry(
                eventID: row.text(at: first + 3),
                eventType: row.text(at: first + 4),
                route: row.bytes(at: first + 5),
                body: row.bytes(at: first + 6)
            )
        )
    }
}
