import Warren

/// Prepared statements by their text, as many as a program writes by hand; those used last stay.
struct StatementCache {
    private static let capacity = 128

    private var statements: [String: (statement: SQLiteStatement, lastUse: Int)] = [:]
    private var uses = 0

    /// The statement of a text; `prepare` is called when it is not there.
    mutating func statement(
        _ sql: String,
        prepare: (String) throws(StorageError) -> SQLiteStatement
    ) throws(StorageError) -> SQLiteStatement {
        uses += 1
        if let index = statements.index(forKey: sql) {
            statements.values[index].lastUse = uses
            return statements.values[index].statement
        }
        let statement = try prepare(sql)
        if statements.count >= Self.capacity, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            statements[oldest.key] = nil
        }
        statements[sql] = (statement, uses)
        return statement
    }

    mutating func removeAll() {
        statements = [:]
    }
}
