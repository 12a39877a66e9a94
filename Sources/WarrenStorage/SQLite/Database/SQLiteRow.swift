/// A row that a query gave.
public struct SQLiteRow: Sendable, Hashable {
    /// The names of the columns, in their order.
    public let columns: [String]
    /// The values, in the same order.
    public let values: [SQLiteValue]

    /// The value of a column by its number, from 0; nothing where there is none.
    public subscript(column: Int) -> SQLiteValue {
        values.indices.contains(column) ? values[column] : .null
    }

    /// The value of a column by its name; nothing where there is none.
    public subscript(column: String) -> SQLiteValue {
        columns.firstIndex(of: column).map { values[$0] } ?? .null
    }
}
