import Warren

/// Prepared statements by their text, as many as a program writes by hand; those used last stay.
struct StatementCache {
    private static let capacity = 128

    private var statements: [String: (statement: SQLiteStatement, lastUse: Int)] = [:]
    private var uses = 0
    /// Most often the next one too, and then found without its hash.
    private var last: (sql: String, statement: SQLiteStatement)?

    /// The statement of a text; `prepare` is called when it is not there.
    mutating func statement(
        _ sql: String,
        prepare: (String) throws(StorageError) -> SQLiteStatement
    ) throws(StorageError) -> SQLiteStatement {
        if let last, last.sql == sql { return last.statement }
        uses += 1
        if let index = statements.index(forKey: sql) {
            statements.values[index].lastUse = uses
            let statement = statements.values[index].statement
            last = (sql, statement)
            return statement
        }
        let statement = try prepare(sql)
        if statements.count >= Self.capacity, let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse }) {
            statements[oldest.key] = nil
        }
        statements[sql] = (statement, uses)
        last = (sql, statement)
        return statement
    }

    mutating func removeAll() {
        statements = [:]
        last = nil
    }
}
