import CSQLite
import Warren

/// A prepared statement of a ``SQLiteConnection``, which outlives it.
@safe
final class SQLiteStatement {
    private let handle: OpaquePointer
    private unowned let connection: SQLiteConnection
    private let sql: String

    init(_ sql: String, on connection: SQLiteConnection) throws(StorageError) {
        unsafe handle = try connection.prepare(sql)
        self.connection = connection
        self.sql = sql
    }

    deinit {
        unsafe sqlite3_finalize(handle)
    }

    /// Whether it only reads.
    var isReadOnly: Bool { unsafe sqlite3_stmt_readonly(handle) != 0 }

    /// Runs it to its end; rows are passed over.
    func runToEnd<each Value: SQLiteConvertible>(_ values: repeat each Value) throws(StorageError) {
        defer { reset() }
        try bind(repeat each values)
        while try step() {}
    }

    /// Reads its rows, until `read` gives nothing.
    func rows<each Value: SQLiteConvertible, Row>(
        _ values: repeat each Value,
        read: (SQLiteStatement) throws(StorageError) -> Row?
    ) throws(StorageError) -> [Row] {
        defer { reset() }
        try bind(repeat each values)
        var rows: [Row] = []
        while try step(), let row = try read(self) { rows.append(row) }
        return rows
    }

    private func step() throws(StorageError) -> Bool {
        let code = unsafe sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        try connection.check(code == SQLITE_DONE ? SQLITE_OK : code, "cannot carry out \(sql)")
        return false
    }

    /// Lets go of the values too, which may be large.
    private func reset() {
        unsafe sqlite3_reset(handle)
        unsafe sqlite3_clear_bindings(handle)
    }

    // MARK: - Values

    private func bind<each Value: SQLiteConvertible>(_ values: repeat each Value) throws(StorageError) {
        var count: Int32 = 0
        for value in repeat each values {
            count += 1
            try bind(value.sqliteValue, at: count)
        }
        let wanted = unsafe sqlite3_bind_parameter_count(handle)
        guard count == wanted else {
            throw StorageError(
                .invalidStatement,
                "'\(connection.path)': \(count) values, but \(wanted) are wanted: \(sql)"
            )
        }
    }

    private func bind(_ value: SQLiteValue, at index: Int32) throws(StorageError) {
        switch value {
        case .null: try check(unsafe sqlite3_bind_null(handle, index), index)
        case .integer(let integer): try bind(integer, at: index)
        case .real(let real): try check(unsafe sqlite3_bind_double(handle, index, real), index)
        case .text(let text): try bind(text, at: index)
        case .blob(let blob): try bind(blob, at: index)
        }
    }

    private func bind(_ integer: Int64, at index: Int32) throws(StorageError) {
        try check(unsafe sqlite3_bind_int64(handle, index, integer), index)
    }

    /// SQLite makes a copy of it.
    private func bind(_ text: String, at index: Int32) throws(StorageError) {
        var text = text
        let code = text.withUTF8 { bytes in
            unsafe bytes.withMemoryRebound(to: CChar.self) { text in
                unsafe warren_sqlite_bind_text(handle, index, text.baseAddress, UInt64(text.count))
            }
        }
        try check(code, index)
    }

    /// SQLite makes a copy of it.
    private func bind(_ blob: [UInt8], at index: Int32) throws(StorageError) {
        let code = unsafe blob.withUnsafeBytes { bytes in
            unsafe warren_sqlite_bind_blob(handle, index, bytes.baseAddress, UInt64(bytes.count))
        }
        try check(code, index)
    }

    private func check(_ code: Int32, _ index: Int32) throws(StorageError) {
        try connection.check(code, "cannot take value \(index) of \(sql)")
    }

    // MARK: - The current row

    /// The names of the columns.
    var columns: [String] {
        let count = unsafe sqlite3_column_count(handle)
        return (0..<count).map { index in
            unsafe sqlite3_column_name(handle, index).map { unsafe String(cString: $0) } ?? ""
        }
    }

    func integer(at column: Int32) -> Int64 { unsafe sqlite3_column_int64(handle, column) }

    func text(at column: Int32) -> String { String(decoding: bytes(at: column), as: UTF8.self) }

    /// The bytes of a blob or a text.
    func bytes(at column: Int32) -> [UInt8] {
        // In this order: the first call may change how the value is kept.
        let start = unsafe sqlite3_column_blob(handle, column)
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        return unsafe Array(UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count))
    }

    func value(at column: Int32) -> SQLiteValue {
        switch unsafe sqlite3_column_type(handle, column) {
        case SQLITE_INTEGER: .integer(integer(at: column))
        case SQLITE_FLOAT: .real(unsafe sqlite3_column_double(handle, column))
        case SQLITE_TEXT: .text(text(at: column))
        case SQLITE_BLOB: .blob(bytes(at: column))
        default: .null
        }
    }
}
