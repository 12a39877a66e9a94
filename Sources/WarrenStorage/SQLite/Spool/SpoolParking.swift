import Warren
import WarrenRuntime

/// The entries that wait for a person to decide.
struct SpoolParking {
    let connection: SQLiteConnection

    func amount() throws(StorageError) -> SpoolAmount {
        try connection.amount("count(*)", of: "warren_spool_parked")
    }

    /// The position of the last entry; 0 when there is none.
    func lastPosition() throws(StorageError) -> Int64 {
        try connection.rows("SELECT position FROM warren_spool_parked ORDER BY position DESC LIMIT 1") {
            $0.integer(at: 0)
        }.first ?? 0
    }

    func insert(
        _ entry: SpoolLine.Entry,
        at position: Int64,
        reason: String,
        now: WallTime
    ) throws(StorageError) {
        let records = entry.record.alone
        try connection.run(
            """
            INSERT INTO warren_spool_parked (position, parked_at, reason, spooled_at, size, entry)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            position,
            now.milliseconds,
            reason,
            entry.spooledAt.milliseconds,
            records.size,
            records.bytes
        )
    }

    /// Reads entries in the order of their positions; some MiB of them at a time, but at least one.
    func entries(after position: Int64, limit: Int) throws(StorageError) -> [ParkedEntry] {
        var entries: [ParkedEntry] = []
        var left = SpoolTables.readingSize
        _ = try connection.rows(
            """
            SELECT position, spooled_at, parked_at, reason, entry
            FROM warren_spool_parked WHERE position > ? ORDER BY position LIMIT ?
            """,
            position,
            limit
        ) { row throws(StorageError) -> Void? in
            let place = row.integer(at: 0)
            let record: SpoolRecord
            do throws(StorageError) {
                record = try self.record(in: row.bytes(at: 4), at: place)
            } catch {
                // It does not hide those before it.
                guard entries.isEmpty else { return nil }
                throw error
            }
            entries.append(
                ParkedEntry(
                    spooled: record.spooled(at: place, since: WallTime(milliseconds: row.integer(at: 1))),
                    parkedAt: EventTimestamp(milliseconds: row.integer(at: 2)),
                    reason: row.text(at: 3)
                )
            )
            left -= record.size
            return left > 0 ? () : nil
        }
        return entries
    }

    /// Reads the bytes of an entry.
    func record(in bytes: [UInt8], at position: Int64) throws(StorageError) -> SpoolRecord {
        guard let record = SpoolRecord.all(in: bytes, count: 1)?.first else {
            throw StorageError(damaged: connection.path, "its parked entry \(position) cannot be read")
        }
        return record
    }

    /// Deletes an entry.
    ///
    /// - Returns: the entry for a row of its own in the line; `nil` when it was not there.
    func remove(_ position: Int64) throws(StorageError) -> Records? {
        try connection.rows(
            "DELETE FROM warren_spool_parked WHERE position = ? RETURNING size, entry",
            position
        ) { Records(count: 1, size: Int($0.integer(at: 0)), bytes: $0.bytes(at: 1)) }.first
    }
}
