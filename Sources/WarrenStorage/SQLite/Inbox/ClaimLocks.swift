import CLinux
import Glibc
import Warren
import WarrenRuntime

/// Who is at work on which event, among the processes of a machine: one byte of a file for each event.
///
/// The kernel unlocks what a process has locked as soon as it ends, however it ends. Events whose bytes happen to be the
/// same one wait for each other.
final class ClaimLocks: Sendable {
    private let path: String
    private let descriptor: Int32

    /// - Parameter database: the database file; the locks are beside it.
    /// - Throws: `StorageError` when the file cannot be made.
    init(beside database: String) throws(StorageError) {
        // Not the database itself: closing it here would take away the locks that SQLite has on it.
        path = "\(database)-claims"
        descriptor = unsafe open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Self.error(.cannotOpen, path, "open") }
    }

    deinit {
        close(descriptor)
    }

    /// - Returns: whether it is locked now; not when another process, or another inbox of this one, has it.
    func lock(_ key: InboxKey) throws(StorageError) -> Bool {
        if warren_set_file_lock(descriptor, 1, Self.place(of: key), 1) == 0 { return true }
        guard errno != EAGAIN, errno != EACCES else { return false }
        throw Self.error(.failed, path, "fcntl")
    }

    func unlock(_ key: InboxKey) {
        _ = warren_set_file_lock(descriptor, 0, Self.place(of: key), 1)
    }

    func unlockAll() {
        _ = warren_set_file_lock(descriptor, 0, 0, 0)
    }

    private static func error(_ code: StorageError.Code, _ path: String, _ call: String) -> StorageError {
        StorageError(code, "'\(path)': \(SystemError(call: call, code: errno))")
    }

    /// The same in every process (FNV-1a).
    private static func place(of key: InboxKey) -> Int64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for text in [key.subscription, key.source, key.eventID] {
            // No text holds the byte that separates them.
            for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0xFF) &* 0x100_0000_01b3
        }
        // A lock may not reach beyond the largest offset.
        return Int64(hash >> 2)
    }
}
