import CSQLite
import Glibc
import Synchronization

/// How many writes the disk still takes; the next ones fail.
///
/// It holds for the process: only for one that a test has to itself.
private let budget = Atomic(Int.max)
/// Why they fail.
private let code = Atomic(ENOSPC)

/// Lets the writes of SQLite fail, by the seam that its own tests use (`sqlite3_vfs.xSetSystemCall`).
enum DiskFaults {
    /// Puts itself between SQLite and the system.
    static func install() {
        let vfs = sqlite3_vfs_find(nil)
        for name in ["pwrite", "pwrite64"] {
            let call = unsafeBitCast(write, to: sqlite3_syscall_ptr.self)
            let result = vfs?.pointee.xSetSystemCall(vfs, name, call)
            precondition(result == SQLITE_OK || result == SQLITE_NOTFOUND, "no system call \(name)")
        }
    }

    /// From now on the disk takes so many writes.
    static func allow(_ writes: Int, then failure: Int32 = ENOSPC) {
        code.store(failure, ordering: .relaxed)
        budget.store(writes, ordering: .relaxed)
    }

    /// From now on the disk takes all.
    static func allowAll() {
        allow(.max)
    }

    private static let write: @convention(c) (Int32, UnsafeRawPointer?, Int, off_t) -> Int = {
        descriptor,
        bytes,
        count,
        offset in
        guard budget.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 else {
            budget.store(0, ordering: .relaxed)
            errno = code.load(ordering: .relaxed)
            return -1
        }
        return pwrite(descriptor, bytes, count, offset)
    }
}
