/// Prepared statements by their text, as many as a program writes by hand; those used last stay.
struct StatementCache {
    private static let capacity = 128

    private var statements: [String: (statement: SQLiteStatement, lastUse: Int)] = [:]
    private var uses = 0

    subscript(sql: String) -> SQLiteStatement? {
        mutating get {
            guard let index = statements.index(forKey: sql) else { return nil }
            uses += 1
            statements.values[index].lastUse = uses
            return statements.values[index].statement
        }
        set {
            if statements.count >= Self.capacity,
                let oldest = statements.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                statements[oldest.key] = nil
            }
            uses += 1
            statements[sql] = newValue.map { ($0, uses) }
        }
    }

    mutating func removeAll() {
        statements = [:]
    }
}
