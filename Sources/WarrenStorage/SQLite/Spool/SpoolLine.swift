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

        init(_ row: SQLiteStatement) {
            first = row.integer(at: 0)
            let count = max(1, row.integer(at: 1))
            let (end, overflow) = first.addingReportingOverflow(count - 1)
            last = overflow ? .max : end
            amount = SpoolAmount(count: Int(count), bytes: Int(row.integer(at: 2)))
            spooledAt = WallTime(milliseconds: row.integer(at: 3))
        }
    }

    private static let inRow = "position BETWEEN ? AND ?"

    let connection: SQLiteConnection

    // MARK: - All of it

    func amount() throws(StorageError) -> SpoolAmount {
        var amount = try connection.amount("sum(count)", of: "warren_spool")
        amount -= try connection.amount("count(*)", of: "warren_spool_removed")
        return amount
    }

    func oldest() throws(StorageError) -> WallTime? {
        try row("ORDER BY position")?.spooledAt
    }

    /// The position of the last entry; 0 when there is none.
    func lastPosition() throws(StorageError) -> Int64 {
        try row("ORDER BY position DESC")?.last ?? 0
    }

    // MARK: - Entries

    /// Appends entries as one row, at the position of the first.
    func append(_ records: Records, at position: Int64, now: WallTime) throws(StorageError) {
        try connection.run(
            "INSERT INTO warren_spool (\(Row.columns), entries) VALUES (?, ?, ?, ?, ?)",
            position,
            records.count,
            records.size,
            now.milliseconds,
            records.bytes
        )
    }

    /// Reads entries in their order; some MiB of them at a time, but at least one.
    func entries(after position: Int64, limit: Int) throws(StorageError) -> [SpooledEntry] {
        var entries: [SpooledEntry] = []
        var left = SpoolTables.readingSize
        var next = try row(of: position)
        if next == nil { next = try row(after: position) }
        while let row = next, entries.count < limit, left > 0 {
            let removed = try removed(from: row)
            for (offset, record) in try records(of: row).enumerated() where entries.count < limit && left > 0 {
                let place = row.first + Int64(offset)
                guard place > position, !removed.contains(place) else { continue }
                left -= record.size
                entries.append(record.spooled(at: place, since: row.spooledAt))
            }
            next = try self.row(after: row.last)
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
            guard let row = try row(of: position) else { continue }
            let others = rest.prefix { $0 <= row.last }
            rest = rest[others.endIndex...]
            amount += try remove([position] + others, from: row)
        }
        return amount
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
            try connection.run("DELETE FROM warren_spool_removed WHERE \(Self.inRow)", row.first, row.last)
        }
        removed -= before
        return removed
    }

    private func removed(from row: Row) throws(StorageError) -> Set<Int64> {
        let positions = "SELECT position FROM warren_spool_removed WHERE \(Self.inRow)"
        return Set(try connection.rows(positions, row.first, row.last) { $0.integer(at: 0) })
    }

    private func removedAmount(from row: Row) throws(StorageError) -> SpoolAmount {
        try connection.amount("count(*)", of: "warren_spool_removed WHERE \(Self.inRow)", row.first, row.last)
    }

    // MARK: - Rows

    /// The first of some rows, which are told in SQL.
    private func row<each Value: SQLiteConvertible>(
        _ which: String,
        _ values: repeat each Value
    ) throws(StorageError) -> Row? {
        let sql = "SELECT \(Row.columns) FROM warren_spool \(which) LIMIT 1"
        return try connection.rows(sql, repeat each values) { Row($0) }.first
    }

    /// The row that an entry stands in, or stood.
    private func row(of position: Int64) throws(StorageError) -> Row? {
        let row = try row("WHERE position <= ? ORDER BY position DESC", position)
        return row.flatMap { $0.last >= position ? $0 : nil }
    }

    private func row(after position: Int64) throws(StorageError) -> Row? {
        try row("WHERE position > ? ORDER BY position", position)
    }

    /// - Returns: as many entries as the row has positions.
    private func records(of row: Row) throws(StorageError) -> [SpoolRecord] {
        let bytes = try connection.rows("SELECT entries FROM warren_spool WHERE position = ?", row.first) {
            $0.bytes(at: 0)
        }.first
        guard let records = SpoolRecord.all(in: bytes ?? [], count: row.amount.count) else {
            throw StorageError(damaged: connection.path, "its entries from \(row.first) on cannot be read")
        }
        return records
    }
}
