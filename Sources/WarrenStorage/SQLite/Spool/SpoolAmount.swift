import Warren

/// How many entries, and how large they are together.
///
/// Sums are clamped: in a damaged file any number may stand.
struct SpoolAmount: Sendable, Equatable {
    var count = 0
    var bytes = 0

    static func += (amount: inout SpoolAmount, more: SpoolAmount) {
        amount.count = clamped(amount.count.addingReportingOverflow(more.count))
        amount.bytes = clamped(amount.bytes.addingReportingOverflow(more.bytes))
    }

    static func -= (amount: inout SpoolAmount, less: SpoolAmount) {
        amount.count = clamped(amount.count.subtractingReportingOverflow(less.count))
        amount.bytes = clamped(amount.bytes.subtractingReportingOverflow(less.bytes))
    }

    /// No less than nothing, no more than there can be.
    private static func clamped(_ result: (partialValue: Int, overflow: Bool)) -> Int {
        result.overflow ? .max : max(0, result.partialValue)
    }
}

extension SQLiteConnection {
    /// Adds up rows: `count` is what counts them, `rows` their table and which of its rows, in SQL.
    func amount<each Value: SQLiteConvertible>(
        _ count: String,
        of rows: String,
        _ values: repeat each Value
    ) throws(StorageError) -> SpoolAmount {
        // Not `sum`, which fails where it overflows.
        try self.rows("SELECT \(count), total(size) FROM \(rows)", repeat each values) { row in
            SpoolAmount(count: Int(clamping: row.integer(at: 0)), bytes: Int(clamping: row.integer(at: 1)))
        }.first ?? SpoolAmount()
    }
}
