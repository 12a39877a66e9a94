public import Warren

/// What is read and written in one transaction of a ``SQLiteDatabase``.
///
/// It is there for the time of the closure that it is given to, and can do nothing afterwards. It belongs to the
/// thread that alone touches the database.
public final class SQLiteTransaction: StoreTransaction {
    private let connection: SQLiteConnection
    private let mayWrite: Bool
    private var isOver = false

    init(_ connection: SQLiteConnection, mayWrite: Bool) {
        self.connection = connection
        self.mayWrite = mayWrite
    }

    /// Carries out a statement.
    ///
    /// It is prepared once and kept, so give what changes as values and not within its text.
    ///
    /// - Parameters:
    ///   - sql: one statement, such as `INSERT INTO payments (order_id, cents) VALUES (?, ?)`. It may neither begin nor
    ///     end the transaction; savepoints are fine.
    ///   - values: what stands for its question marks, in their order; a `nil` of theirs is NULL.
    /// - Returns: how many rows it has written, the last writing one where this one writes none.
    /// - Throws: `StorageError`: `constraint`, `invalidStatement`, and what may happen to any write.
    @discardableResult
    public func execute<each Value: SQLiteConvertible>(
        _ sql: String,
        _ values: repeat each Value
    ) throws(StorageError) -> Int {
        try statement(sql).runToEnd(repeat each values)
        return connection.changes
    }

    /// Reads rows, all of them into memory.
    ///
    /// - Parameters:
    ///   - sql: one statement that gives rows.
    ///   - values: what stands for its question marks, in their order; a `nil` of theirs is NULL.
    /// - Returns: the rows.
    /// - Throws: `StorageError`, as ``execute(_:_:)``.
    public func query<each Value: SQLiteConvertible>(
        _ sql: String,
        _ values: repeat each Value
    ) throws(StorageError) -> [SQLiteRow] {
        let statement = try statement(sql)
        let columns = statement.columns
        return try statement.rows(repeat each values) { statement in
            SQLiteRow(columns: columns, values: columns.indices.map { statement.value(at: Int32($0)) })
        }
    }

    /// From now on it can do nothing.
    func end() {
        isOver = true
    }

    private func statement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        guard !isOver else {
            throw StorageError(
                .invalidStatement,
                "'\(connection.path)': the transaction is over: use it within its closure only"
            )
        }
        // A full disk, among others, makes SQLite give up all of it; what came now would be written by itself.
        guard connection.isInTransaction else {
            throw StorageError(
                .invalidStatement,
                "'\(connection.path)': the transaction was rolled back after an earlier failure"
            )
        }
        let statement = try connection.handlersStatement(sql)
        guard mayWrite || statement.isReadOnly else {
            throw StorageError(.invalidStatement, "'\(connection.path)': writes where only reading is wanted: \(sql)")
        }
        return statement
    }
}
