import Warren
import WarrenRuntime

/// The tables of a spool, as its one connection sees them, and the count of what is in them.
struct SpoolTables {
    static let schema = Schema(
        part: "spool",
        steps: [
            """
            CREATE TABLE warren_spool (
                position INTEGER PRIMARY KEY,
                spooled_at INTEGER NOT NULL,
                count INTEGER NOT NULL,
                size INTEGER NOT NULL,
                entries BLOB NOT NULL
            ) STRICT;
            CREATE TABLE warren_spool_removed (
                position INTEGER PRIMARY KEY,
                size INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE warren_spool_parked (
                position INTEGER PRIMARY KEY,
                parked_at INTEGER NOT NULL,
                reason TEXT NOT NULL,
                spooled_at INTEGER NOT NULL,
                size INTEGER NOT NULL,
                entry BLOB NOT NULL
            ) STRICT;
            """
        ]
    )

    /// How many bytes of entries are read at a time.
    static let readingSize = 4 << 20

    private let line: SpoolLine
    private let parking: SpoolParking
    private let connection: SQLiteConnection
    private let ledger: SpoolLedger

    init(_ connection: SQLiteConnection, _ ledger: SpoolLedger) {
        line = SpoolLine(connection: connection)
        parking = SpoolParking(connection: connection)
        self.connection = connection
        self.ledger = ledger
    }

    /// Creates the tables where there are none, and counts what is in them.
    func open() throws(StorageError) {
        try Self.schema.apply(to: connection)
        ledger.contents = SpoolContents(
            waiting: try line.amount(),
            parked: try parking.amount(),
            oldest: try line.oldest(),
            lastPosition: max(0, try line.lastPosition(), try parking.lastPosition())
        )
    }

    /// Appends rows of entries at the end of the line, all or none of them.
    func append(_ rows: [Records], within bounds: SpoolBounds, now: WallTime) throws(StorageError) {
        var contents = ledger.contents
        try contents.check(bounds, adding: rows.reduce(0) { $0 + $1.size }, at: now, connection.path)
        for row in rows { try append(row, now: now, &contents) }
        ledger.contents = contents
    }

    /// Appends entries at the end of the line, as one row.
    func append(_ records: Records, now: WallTime) throws(StorageError) {
        var contents = ledger.contents
        try append(records, now: now, &contents)
        ledger.contents = contents
    }

    private func append(
        _ records: Records,
        now: WallTime,
        _ contents: inout SpoolContents
    ) throws(StorageError) {
        let (last, overflow) = contents.lastPosition.addingReportingOverflow(Int64(records.count))
        guard !overflow else { throw StorageError(damaged: connection.path, "it has no position left for an entry") }
        try line.append(records, at: contents.lastPosition + 1, now: now)
        contents.lastPosition = last
        contents.waiting += SpoolAmount(count: records.count, bytes: records.size)
        contents.oldest = contents.oldest ?? now
    }

    func entries(after position: Int64, limit: Int) throws(StorageError) -> [SpooledEntry] {
        try line.entries(after: position, limit: limit)
    }

    func remove(_ positions: [SpoolPosition]) throws(StorageError) {
        var contents = ledger.contents
        contents.waiting -= try line.remove(positions.map(\.number))
        contents.oldest = try line.oldest()
        ledger.contents = contents
    }

    func park(_ position: SpoolPosition, reason: String, now: WallTime) throws(StorageError) {
        guard let entry = try line.entry(at: position.number) else { return }
        try parking.insert(entry, at: position.number, reason: reason, now: now)
        try remove([position])
        // Only now: what fails is undone, and was never counted.
        ledger.contents.parked += SpoolAmount(count: 1, bytes: entry.record.size)
    }

    func parked(after position: Int64, limit: Int) throws(StorageError) -> [ParkedEntry] {
        try parking.entries(after: position, limit: limit)
    }

    func requeue(_ positions: [SpoolPosition], now: WallTime) throws(StorageError) -> [SpoolPosition] {
        try take(positions) { entry, position, contents throws(StorageError) in
            let record = try parking.record(in: entry.bytes, at: position.number)
            try append(record.alone, now: now, &contents)
        }
    }

    func discard(_ positions: [SpoolPosition]) throws(StorageError) -> [SpoolPosition] {
        try take(positions) { _, _, _ in }
    }

    /// Deletes parked entries, and does something else with each.
    ///
    /// - Returns: the places of those that were there.
    private func take(
        _ positions: [SpoolPosition],
        body: (Records, SpoolPosition, inout SpoolContents) throws(StorageError) -> Void
    ) throws(StorageError) -> [SpoolPosition] {
        var contents = ledger.contents
        var taken: [SpoolPosition] = []
        for position in positions {
            guard let entry = try parking.remove(position.number) else { continue }
            try body(entry, position, &contents)
            contents.parked -= SpoolAmount(count: 1, bytes: entry.size)
            taken.append(position)
        }
        ledger.contents = contents
        return taken
    }
}
