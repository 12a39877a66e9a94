public import Warren

/// A SQLite database file, and the thread that alone touches it.
///
/// What tasks write at a time shares one transaction and one flush of the disk. A service keeps its own tables in it
/// beside those of a ``SQLiteInboxStore``, whose names begin with `warren_`; then what a handler writes and that it has
/// handled the event are one:
///
/// ```swift
/// let database = try await SQLiteDatabase(path: "billing.db")
/// try await database.write { try $0.execute("CREATE TABLE IF NOT EXISTS payments (order_id INTEGER PRIMARY KEY)") }
/// let inbox = try await SQLiteInboxStore(in: database)
/// ```
/// Other processes of the machine may have it open too. The file is switched to write-ahead logging (`-wal`, `-shm`
/// beside it), which needs a local disk.
public final class SQLiteDatabase: Sendable {
    let thread: WriterThread

    /// Opens a database, or creates it where there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - configuration: how it is written and shared.
    /// - Throws: `StorageError` saying why it cannot be used.
    public init(
        path: String,
        configuration: SQLiteConfiguration = SQLiteConfiguration()
    ) async throws(StorageError) {
        thread = try await WriterThread(path: path, configuration: configuration)
    }

    deinit {
        thread.end()
    }

    /// The file.
    public var path: String { thread.path }

    /// Reads and writes in one transaction, which is committed when `body` returns and undone when it throws.
    ///
    /// - Parameter body: called on the database's thread, which does nothing else meanwhile: it should not take long. What
    ///   tasks write at a time shares a transaction; where that is lost to another of them, `body` is called again: it
    ///   should do nothing else that would be wrong twice.
    /// - Returns: what the last call of `body` returns, when it is as safe as the configuration wants it.
    /// - Throws: what `body` throws, and `StorageError`; nothing was written then, but for the code `unknown`, which a
    ///   task gets that is cancelled while it is being written.
    @discardableResult
    public func write<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteTransaction) throws -> Value
    ) async throws -> Value {
        try await thread.value(.severalStatements) { connection in
            try connection.withTransaction(mayWrite: true, body)
        }
    }

    /// Reads in one transaction: all of it as of one moment.
    ///
    /// - Parameter body: called on the database's thread, which does nothing else meanwhile.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws, and `StorageError`.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (SQLiteTransaction) throws -> Value
    ) async throws -> Value {
        try await thread.value(.reading) { connection in
            try connection.run("BEGIN")
            // There is nothing to commit, and this cannot fail and leave the transaction open.
            defer { try? connection.run("ROLLBACK") }
            return try connection.withTransaction(mayWrite: false, body)
        }
    }

    /// Does what was asked before, and closes the file; what is asked later fails with `StorageError.Code.closed`.
    ///
    /// A cancelled task does not wait for it. The file is also closed when nobody has the database any more.
    public func close() async {
        await thread.close()
    }
}

extension SQLiteConnection {
    /// Lends what a handler writes with.
    func withTransaction<Value>(
        mayWrite: Bool,
        _ body: (SQLiteTransaction) throws -> Value
    ) throws -> Value {
        let transaction = SQLiteTransaction(self, mayWrite: mayWrite)
        defer { transaction.end() }
        return try body(transaction)
    }
}
