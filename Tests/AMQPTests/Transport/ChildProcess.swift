import Glibc
import Synchronization
import Testing

/// A command whose input and output are one socket; ended and reaped, by its id, when the value goes.
///
/// Not Foundation's `Process`: it never frees itself under the address sanitizer, and hands on the signal mask of the
/// thread that starts it, so that a child of a pool thread cannot be terminated.
final class ChildProcess: Sendable {
    private let id: pid_t
    private let socket: Int32
    private let status = Mutex<Int32?>(nil)

    init(_ arguments: [String]) throws {
        // Not pipes: they cannot be made close-on-exec in one step, and other tests start children at the same time.
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0)
        var actions = unsafe posix_spawn_file_actions_t()
        _ = unsafe posix_spawn_file_actions_init(&actions)
        defer { _ = unsafe posix_spawn_file_actions_destroy(&actions) }
        for standard in Int32(0)...2 {
            _ = unsafe posix_spawn_file_actions_adddup2(&actions, ends[1], standard)
        }
        var attributes = posix_spawnattr_t()
        _ = unsafe posix_spawnattr_init(&attributes)
        defer { _ = unsafe posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        _ = unsafe sigemptyset(&none)
        _ = unsafe posix_spawnattr_setsigmask(&attributes, &none)
        _ = unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
        var list = unsafe arguments.map { unsafe strdup($0) } + [nil]
        defer { for index in unsafe list.indices { unsafe free(list[index]) } }
        var id: pid_t = 0
        let code = unsafe posix_spawnp(&id, arguments[0], &actions, &attributes, &list, environ)
        close(ends[1])
        self.id = id
        socket = ends[0]
        try #require(code == 0, "cannot start \(arguments[0])")
    }

    deinit {
        kill()
        close(socket)
    }

    func write(_ bytes: [UInt8]) throws {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { bytes in
                unsafe send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            try #require(count > 0)
            written += count
        }
    }

    /// What it prints next; empty at the end.
    func read() -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let count = unsafe Glibc.read(socket, &buffer, buffer.count)
        return Array(buffer.prefix(max(0, count)))
    }

    func readToEnd() -> [UInt8] {
        var bytes: [UInt8] = []
        while true {
            let more = read()
            if more.isEmpty { return bytes }
            bytes += more
        }
    }

    /// Waits for its end; 0 when it was content.
    func wait() -> Int32 {
        status.withLock { status in
            if let status { return status }
            var code: Int32 = 0
            while unsafe waitpid(id, &code, 0) < 0 && errno == EINTR {}
            status = code
            return code
        }
    }

    /// Ends it in the middle of whatever it does.
    func kill() {
        let isRunning = status.withLock { $0 == nil }
        if isRunning { _ = Glibc.kill(id, SIGKILL) }
        _ = wait()
    }
}
