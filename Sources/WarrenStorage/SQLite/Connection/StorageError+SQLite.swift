import CSQLite
import Glibc
import Warren
import WarrenRuntime

extension StorageError {
    /// What SQLite says went wrong.
    ///
    /// - Parameters:
    ///   - code: the result code, with its extension.
    ///   - handle: the connection, whose text is about this code still; `nil`: there was no memory for one.
    ///   - path: the database file.
    ///   - attempt: what could not be done.
    init(_ code: Int32, _ handle: OpaquePointer?, _ path: String, _ attempt: String) {
        let systemCode = unsafe handle.map { unsafe Self.systemCode($0) } ?? 0
        let kind = Self.kind(code, systemCode)
        let text = unsafe handle.flatMap { unsafe sqlite3_errmsg($0) } ?? sqlite3_errstr(code)
        var reason = unsafe text.map { unsafe String(cString: $0) } ?? "error \(code)"
        if code & 0xFF == SQLITE_IOERR || code & 0xFF == SQLITE_CANTOPEN, systemCode != 0 {
            reason += " (\(SystemError.reason(systemCode)))"
        }
        if code & 0xFF == SQLITE_AUTH { reason = "a handler's statement may not begin or end the transaction" }
        let advice = Self.advice[kind].map { ": \($0)" } ?? ""
        self.init(kind, "'\(path)': \(attempt): \(reason)\(advice)")
    }

    /// Another process owns a file that can have one owner only.
    init(inUse path: String) {
        self.init(
            .inUse,
            "'\(path)': another process has it open: end that process, or give this one a file of its own"
        )
    }

    /// The file may not be written.
    init(readOnly path: String) {
        self.init(.readOnly, "'\(path)': may not be written: \(Self.advice[.readOnly] ?? "")")
    }

    /// What is in a file is not what was written to it.
    init(damaged path: String, _ what: String) {
        self.init(.damaged, "'\(path)': \(what): \(Self.advice[.damaged] ?? "")")
    }

    /// What the system said last of the database or of its log.
    private static func systemCode(_ handle: OpaquePointer) -> Int32 {
        var code = unsafe sqlite3_system_errno(handle)
        var log: UnsafeMutablePointer<sqlite3_file>?
        if code == 0, unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &log) == SQLITE_OK {
            _ = unsafe log?.pointee.pMethods?.pointee.xFileControl?(log, SQLITE_FCNTL_LAST_ERRNO, &code)
        }
        if code == 0 { unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_LAST_ERRNO, &code) }
        return code
    }

    private static let advice: [Code: String] = [
        .cannotOpen: "its folder has to be there, and this process allowed to write to it",
        .readOnly: "allow this process to write to it and to its folder",
        .damaged: "move it away, and put a copy of it or nothing in its place",
        .busy: "another process has it locked: try again, or end that process",
        .full: "make room on its disk, then work goes on",
    ]

    private static func kind(_ code: Int32, _ systemCode: Int32) -> Code {
        switch code & 0xFF {
        case SQLITE_FULL: .full
        case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_PROTOCOL: .busy
        case SQLITE_READONLY: .readOnly
        case SQLITE_CORRUPT, SQLITE_NOTADB: .damaged
        case SQLITE_CANTOPEN, SQLITE_PERM: .cannotOpen
        case SQLITE_IOERR where [ENOSPC, EDQUOT, EFBIG].contains(systemCode): .full
        case SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG: .constraint
        case SQLITE_ERROR, SQLITE_RANGE, SQLITE_MISUSE, SQLITE_AUTH, SQLITE_SCHEMA: .invalidStatement
        default: .failed
        }
    }
}
