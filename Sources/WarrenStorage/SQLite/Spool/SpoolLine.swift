import Warren
import WarrenRuntime

/// The entries that wait for the broker.
///
/// What was appended at a time stands in one row, at the position of its first entry. The row goes with the last of its
/// entries; those that go before are noted in a table of their own until then.
struct SpoolLine {
    struct Entry {
        let record: SpoolRecord
        let spooledAt: WallTime
    }

    /// A row without its entries.
    private struct Row {
        static let columns = "position, count, size, spooled_at"

        let first: Int64
        let last: Int64
        let amount: SpoolAmount
        let spooledAt: WallTime

        /// - Throws: `StorageError` with code `damaged` when it cannot be one of ours.
        init(_ row: SQLiteStatement, _ path: String) throws(StorageError) {
            first = row.integer(at: 0)
            let (count, size) = (row.integer(at: 1), row.integer(at: 2))
            guard first > 0, count > 0, count - 1 <= .max - first, size >= 0 else {
                throw StorageError(damagedRow: first, path)
            }
            last = first + (count - 1)
            amount = SpoolAmount(count: Int(count), bytes: Int(size))
            spooledAt = WallTime(milliseconds: row.integer(at: 3))
        }
    }

    /// The row that a position is in, or was, and all behind it.
    private static let readingOn = """
        SELECT \(Row.columns), entries FROM warren_spool
        WHERE position >= coalesce((SELECT max(position) FROM warren_spool WHERE position <= ?), 0) ORDER BY position
        """
    private static let insertion = "INSERT INTO warren_spool (\(Row.columns), entries) VALUES (?, ?, ?, ?, ?)"
    private static let removal = "warren_spool_removed WHERE position BETWEEN ? AND ?"
    private static let removedPositions = "SELECT position FROM \(removal)"
    private static let forgetting = "DELETE FROM \(removal)"

    let connection: SQLiteConnection

    // MARK: - All of it

    func amount() throws(StorageError) -> SpoolAmount {
        var amount = try connection.amount("total(count)", of: "warren_spool")
        // Without those whose row is not there, as in a file that was put together again.
        amount -= try connection.amount(
            "count(*)",
            of: """
                warren_spool_removed AS removed WHERE position < (
                    SELECT position + count FROM warren_spool WHERE position <= removed.position
                    ORDER BY position DESC LIMIT 1
                )
                """
        )
        return amount
    }

    /// When the first entry was spooled, whether it can be read or not.
    func oldest() throws(StorageError) -> WallTime? {
        try connection.rows("SELECT spooled_at FROM warren_spool ORDER BY position LIMIT 1") {
            WallTime(milliseconds: $0.integer(at: 0))
        }.first
    }

    /// The position of the last entry; 0 when there is none.
    func lastPosition() throws(StorageError) -> Int64 {
        try row("ORDER BY position DESC")?.last ?? 0
    }

    // MARK: - Entries

    /// Appends entries as one row, at the position of the first.
    func append(_ records: Records, at position: Int64, now: WallTime) throws(StorageError) {
        try connection.run(
            Self.insertion,
            position,
            records.count,
            records.size,
            now.milliseconds,
            records.bytes
        )
    }

    /// Reads entries in their order; some MiB of them at a time, but at least one.
    func entries(after position: Int64, limit: Int) throws(StorageError) -> [SpooledEntry] {
        guard limit > 0 else { return [] }
        var entries: [SpooledEntry] = []
        var left = SpoolTables.readingSize
        _ = try connection.rows(Self.readingOn, position) { statement throws(StorageError) -> Void? in
            do throws(StorageError) {
                let row = try Row(statement, connection.path)
                // Its entries are not looked at when there is nothing more in it.
                guard row.last > position else { return () }
                let removed = try removed(from: row)
                for (offset, record) in try records(of: row, in: statement.bytes(at: 4)).enumerated() {
                    let place = row.first + Int64(offset)
                    guard place > position, !removed.contains(place) else { continue }
                    entries.append(record.spooled(at: place, since: row.spooledAt))
                    left -= record.size
                    if entries.count == limit || left <= 0 { return nil }
                }
                return ()
            } catch {
                // It does not keep those before it from being sent.
                guard entries.isEmpty else { return nil }
                throw error
            }
        }
        return entries
    }

    /// - Returns: `nil` when there is none.
    func entry(at position: Int64) throws(StorageError) -> Entry? {
        guard let row = try row(of: position) else { return nil }
        guard try !removed(from: row).contains(position) else { return nil }
        let record = try records(of: row)[Int(position - row.first)]
        return Entry(record: record, spooledAt: row.spooledAt)
    }

    // MARK: - Removal

    /// Removes entries; where there is none, it is passed over.
    ///
    /// - Returns: how much was removed.
    func remove(_ positions: [Int64]) throws(StorageError) -> SpoolAmount {
        var amount = SpoolAmount()
        var rest = Set(positions).sorted()[...]
        while let position = rest.popFirst() {
            if let size = try removeAlone(position) {
                amount += SpoolAmount(count: 1, bytes: size)
                continue
            }
            guard let row = try row(of: position) else { continue }
            let others = rest.prefix { $0 <= row.last }
            rest = rest[others.endIndex...]
            amount += try remove([position] + others, from: row)
        }
        return amount
    }

    /// Removes an entry that has a row of its own.
    ///
    /// - Returns: its size; `nil` when it has none.
    private func removeAlone(_ position: Int64) throws(StorageError) -> Int? {
        try connection.rows(
            "DELETE FROM warren_spool WHERE position = ? AND count = 1 RETURNING size",
            position
        ) { Int(clamping: $0.integer(at: 0)) }.first
    }

    private func remove(_ positions: [Int64], from row: Row) throws(StorageError) -> SpoolAmount {
        let before = try removedAmount(from: row)
        var removed = row.amount
        if positions.count < row.amount.count {
            let records = try records(of: row)
            for position in positions {
                let size = records[Int(position - row.first)].size
                try connection.run("INSERT OR IGNORE INTO warren_spool_removed VALUES (?, ?)", position, size)
            }
            removed = try removedAmount(from: row)
        }
        if removed.count == row.amount.count {
            try connection.run("DELETE FROM warren_spool WHERE position = ?", row.first)
            try connection.run(Self.forgetting, row.first, row.last)
        }
        removed -= before
        return removed
    }

    private func removed(from row: Row) throws(StorageError) -> Set<Int64> {
        // One that is removed takes its row with it.
        if row.amount.count == 1 { return [] }
        return Set(try connection.rows(Self.removedPositions, row.first, row.last) { $0.integer(at: 0) })
    }

    private func removedAmount(from row: Row) throws(StorageError) -> SpoolAmount {
        try connection.amount("count(*)", of: Self.removal, row.first, row.last)
    }

    // MARK: - Rows

    /// The first of some rows, which are told in SQL.
    private func row<each Value: SQLiteConvertible>(
        _ which: String,
        _ values: repeat each Value
    ) throws(StorageError) -> Row? {
        let sql = "SELECT \(Row.columns) FROM warren_spool \(which) LIMIT 1"
        return try connection.rows(sql, repeat each values) { statement throws(StorageError) -> Row in
            try Row(statement, connection.path)
        }.first
    }

    /// The row that an entry stands in, or stood.
    private func row(of position: Int64) throws(StorageError) -> Row? {
        let row = try row("WHERE position <= ? ORDER BY position DESC", position)
        return row.flatMap { $0.last >= position ? $0 : nil }
    }

    private func records(of row: Row) throws(StorageError) -> [SpoolRecord] {
        let bytes = try connection.rows("SELECT entries FROM warren_spool WHERE position = ?", row.first) {
            $0.bytes(at: 0)
        }.first
        return try records(of: row, in: bytes ?? [])
    }

    /// - Returns: as many entries as the row has positions.
    private func records(of row: Row, in bytes: [UInt8]) throws(StorageError) -> [SpoolRecord] {
        guard let records = SpoolRecord.all(in: bytes, count: row.amount.count) else {
            throw StorageError(damagedRow: row.first, connection.path)
        }
        return records
    }
}

extension StorageError {
    /// A row of the line is not what was written.
    fileprivate init(damagedRow position: Int64, _ path: String) {
        self.init(damaged: path, "its entries from \(position) on cannot be read")
    }
}
