import CSQLite
import Glibc
import Warren
import WarrenRuntime

/// A connection to a database file, for one thread alone: that of its ``WriterThread``.
///
/// It has to be closed, on that thread too.
@safe
final class SQLiteConnection {
    /// The savepoint of one write among those that share a transaction.
    static let savepoint = "warren_job"

    let path: String
    private let handle: OpaquePointer
    private var statements = StatementCache()
    /// Apart, for what is ours a handler may not use.
    private var handlersStatements = StatementCache()
    /// What SQLite asks while it prepares a statement: whether it is a handler's, who may not end the transaction.
    private let isGuarded: UnsafeMutablePointer<Bool>

    /// Opens the file, or creates it where there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - configuration: how it is written and shared.
    ///   - isExclusive: whether no other process may have it open, also to read.
    /// - Throws: why it cannot be used.
    convenience init(path: String, configuration: SQLiteConfiguration, isExclusive: Bool) throws(StorageError) {
        try self.init(path, as: path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, configuration)
        do throws(StorageError) {
            try prepareFile(configuration, isExclusive: isExclusive)
        } catch {
            close()
            throw error
        }
    }

    /// Opens the file to look into it; nothing in it is changed.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - configuration: how long is waited for who has it locked.
    /// - Throws: why it cannot be read.
    convenience init(reading path: String, configuration: SQLiteConfiguration) throws(StorageError) {
        // Where no log is beside it nobody is at work on it; then neither a log nor a lock is put there for us.
        let query = unsafe access("\(path)-wal", F_OK) == 0 ? "" : "?immutable=1"
        let escaped = path.replacing("%", with: "%25").replacing("?", with: "%3f").replacing("#", with: "%23")
        let name = "file:\(path.hasPrefix("/") ? "//" : "")\(escaped)\(query)"
        try self.init(path, as: name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, configuration)
    }

    private init(
        _ path: String,
        as name: String,
        _ flags: Int32,
        _ configuration: SQLiteConfiguration
    ) throws(StorageError) {
        // An empty name and this one are databases that vanish.
        guard !path.isEmpty, path != ":memory:", !path.utf8.contains(0) else {
            throw StorageError(.invalidConfiguration, "'\(path)' names no file for a database")
        }
        let handle = try unsafe Self.open(path, as: name, flags)
        self.path = path
        unsafe self.handle = handle
        unsafe isGuarded = .allocate(capacity: 1)
        unsafe isGuarded.initialize(to: false)
        unsafe sqlite3_set_authorizer(
            handle,
            { isGuarded, action, _, name, _, _ in
                guard unsafe isGuarded?.load(as: Bool.self) == true else { return SQLITE_OK }
                let isOurs =
                    switch action {
                    case SQLITE_TRANSACTION: true
                    case SQLITE_SAVEPOINT: unsafe name.map { unsafe strcasecmp($0, SQLiteConnection.savepoint) } == 0
                    default: false
                    }
                return isOurs ? SQLITE_DENY : SQLITE_OK
            },
            isGuarded
        )
        let patience = configuration.busyTimeout.saturatedNanoseconds / 1_000_000
        unsafe sqlite3_busy_timeout(handle, Int32(clamping: patience))
    }

    deinit {
        unsafe isGuarded.deallocate()
    }

    /// Closes the file; nothing can be done with the connection any more.
    func close() {
        statements.removeAll()
        handlersStatements.removeAll()
        unsafe sqlite3_close_v2(handle)
    }

    private static func open(_ path: String, as name: String, _ flags: Int32) throws(StorageError) -> OpaquePointer {
        var handle: OpaquePointer?
        let code = unsafe sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let handle = unsafe handle else {
            let error = unsafe StorageError(code, handle, path, "cannot open it")
            unsafe sqlite3_close_v2(handle)
            throw error
        }
        return unsafe handle
    }

    private func prepareFile(_ configuration: SQLiteConfiguration, isExclusive: Bool) throws(StorageError) {
        guard unsafe sqlite3_db_readonly(handle, "main") == 0 else { throw StorageError(readOnly: path) }
        // Before the first access, so that the lock is taken with it and the index of the log needs no shared memory.
        if isExclusive { try run("PRAGMA locking_mode = EXCLUSIVE") }
        let mode = try rows("PRAGMA journal_mode = WAL") { $0.text(at: 0) }
        guard mode == ["wal"] else {
            throw StorageError(
                .cannotOpen,
                "'\(path)': its file system does not allow a write-ahead log: put it on a local disk"
            )
        }
        try run("PRAGMA synchronous = \(configuration.durability)")
        // Within a transaction, where handlers are, it could not be switched.
        try run("PRAGMA foreign_keys = \(configuration.enforcesForeignKeys ? "ON" : "OFF")")
        // After a burst the log gives most of its room back.
        try run("PRAGMA journal_size_limit = 67108864")
    }

    // MARK: - Statements

    /// Runs a statement to its end.
    ///
    /// - Parameters:
    ///   - sql: one statement.
    ///   - values: what stands for its question marks.
    /// - Throws: `StorageError`, as all that follows.
    func run<each Value: SQLiteConvertible>(_ sql: String, _ values: repeat each Value) throws(StorageError) {
        try statement(sql).runToEnd(repeat each values)
    }

    /// The rows of a statement, until `read` gives nothing.
    func rows<each Value: SQLiteConvertible, Row>(
        _ sql: String,
        _ values: repeat each Value,
        read: (SQLiteStatement) throws(StorageError) -> Row?
    ) throws(StorageError) -> [Row] {
        try statement(sql).rows(repeat each values, read: read)
    }

    /// Runs several statements that give no rows and take no values.
    func runScript(_ sql: String) throws(StorageError) {
        try check(unsafe sqlite3_exec(handle, sql, nil, nil, nil), "cannot prepare its tables")
    }

    /// A statement of a handler's, which may do anything but begin or end the transaction; prepared once.
    func handlersStatement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        unsafe isGuarded.pointee = true
        defer { unsafe isGuarded.pointee = false }
        return try handlersStatements.statement(sql) { sql throws(StorageError) in try SQLiteStatement(sql, on: self) }
    }

    private func statement(_ sql: String) throws(StorageError) -> SQLiteStatement {
        try statements.statement(sql) { sql throws(StorageError) in try SQLiteStatement(sql, on: self) }
    }

    func prepare(_ sql: String) throws(StorageError) -> OpaquePointer {
        var statement: OpaquePointer?
        var isWhole = false
        let code: Int32 = unsafe sql.withCString { text in
            var rest: UnsafePointer<CChar>?
            let flags = UInt32(SQLITE_PREPARE_PERSISTENT)
            let code = unsafe sqlite3_prepare_v3(handle, text, -1, flags, &statement, &rest)
            isWhole = unsafe rest.map { unsafe String(cString: $0).allSatisfy(\.isWhitespace) } ?? true
            return code
        }
        try check(code, "cannot understand \(sql)")
        guard let prepared = unsafe statement, isWhole else {
            unsafe sqlite3_finalize(statement)
            throw StorageError(.invalidStatement, "'\(path)': one statement is wanted, not none or several: \(sql)")
        }
        return unsafe prepared
    }

    // MARK: - The transaction

    /// Whether a transaction is under way; an error may have rolled it back.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// How many rows the last statement has written.
    var changes: Int { Int(unsafe sqlite3_changes64(handle)) }

    /// - Throws: when a row refers to one that is not there: the commit would fail, for all that share it.
    func checkReferences() throws(StorageError) {
        var (open, highest): (Int32, Int32) = (0, 0)
        unsafe sqlite3_db_status(handle, SQLITE_DBSTATUS_DEFERRED_FKS, &open, &highest, 0)
        guard open == 0 else {
            throw StorageError(
                .constraint,
                "'\(path)': FOREIGN KEY constraint failed: a row refers to one that is not there"
            )
        }
    }

    /// - Throws: when the file is no longer the one that the path names: whatever is written would be lost.
    func checkFile() throws(StorageError) {
        var hasMoved: Int32 = 0
        unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
        guard hasMoved == 0 else {
            throw StorageError(.failed, "'\(path)': was moved or deleted while it was open: open it anew")
        }
    }

    // MARK: - Failures

    func check(_ code: Int32, _ what: @autoclosure () -> String) throws(StorageError) {
        guard code != SQLITE_OK else { return }
        throw unsafe StorageError(code, handle, path, what())
    }
}
