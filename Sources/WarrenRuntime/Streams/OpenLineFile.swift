import Glibc

/// A file opened to append lines, and locked so that no other process does.
///
/// Closed when its last owner lets go of it, and unlocked with that.
final class OpenLineFile: Sendable {
    let path: String
    let descriptor: Int32
    /// Otherwise it is a pipe, a terminal or another device: what was written to it can be neither flushed nor taken
    /// back.
    let isRegular: Bool
    private let device: dev_t
    private let inode: ino_t

    /// Opens the file, or creates it where there is none.
    init(path: String) throws(LineFile.Failure) {
        let (descriptor, status, isNew) = try Self.open(path)
        self.path = path
        self.descriptor = descriptor
        isRegular = Self.kind(status) == S_IFREG
        device = status.st_dev
        inode = status.st_ino
        guard isRegular else { return }
        try lock()
        if isNew { Self.flushFolder(of: path) }
    }

    deinit {
        close(descriptor)
    }

    /// How many bytes the file has.
    func length() throws(LineFile.Failure) -> Int64 {
        Int64(try Self.status(descriptor, path).st_size)
    }

    /// Whether the path still names this file: a rotation gives the file another name.
    var isStillNamed: Bool {
        var status = stat()
        return unsafe stat(path, &status) == 0 && status.st_dev == device && status.st_ino == inode
    }

    // MARK: - Opening

    private static func open(_ path: String) throws(LineFile.Failure) -> (Int32, stat, isNew: Bool) {
        var status = stat()
        let exists = unsafe stat(path, &status) == 0
        let kind = exists ? kind(status) : S_IFREG
        guard kind != S_IFDIR else { throw LineFile.Failure(.unusable, path, "is a directory") }
        guard kind != S_IFBLK else { throw LineFile.Failure(.unusable, path, "is a block device") }
        // A file's last line is read; a pipe that could be read as well would never say that nobody else reads it.
        // Without waiting, because opening a pipe waits for its reader.
        let access = kind == S_IFREG ? O_RDWR : O_WRONLY
        let flags = access | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
        let descriptor = unsafe Glibc.open(path, flags, 0o644)
        guard descriptor >= 0 else {
            guard errno == ENXIO else { throw LineFile.Failure(path, SystemError(call: "open", code: errno)) }
            throw LineFile.Failure(.failed, path, "is a pipe that nobody reads, or a socket")
        }
        do throws(LineFile.Failure) {
            return (descriptor, try Self.status(descriptor, path), isNew: !exists)
        } catch {
            _ = Glibc.close(descriptor)
            throw error
        }
    }

    private static func status(_ descriptor: Int32, _ path: String) throws(LineFile.Failure) -> stat {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw LineFile.Failure(path, SystemError(call: "fstat", code: errno))
        }
        return status
    }

    private static func kind(_ status: stat) -> mode_t { status.st_mode & S_IFMT }

    private func lock() throws(LineFile.Failure) {
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: throw LineFile.Failure(.inUse, path, "another process has it open to write lines")
            default: throw LineFile.Failure(path, SystemError(call: "flock", code: errno))
            }
        }
    }

    /// A new file's name must be on the disk before its lines are; not every file system needs, or allows, to say so.
    private static func flushFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = unsafe Glibc.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        _ = Glibc.close(descriptor)
    }
}
