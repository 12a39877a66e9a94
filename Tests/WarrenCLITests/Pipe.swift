import Glibc
import Testing
import WarrenRuntime

/// A pipe whose ends are closed one by one, or with the test.
final class Pipe: Sendable {
    let output: Int32
    let input: Int32
    private let open = Locked<Set<Int32>>([])

    init() throws {
        // As in the program: a reader that went away is an error, not the end of the process.
        _ = signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        let result = unsafe pipe(&ends)
        try #require(result == 0)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (output, input) = (ends[0], ends[1])
        open.withLock { $0 = Set(ends) }
    }

    deinit {
        closeOutput()
        closeInput()
    }

    /// Whether a write would wait.
    var isFull: Bool {
        var polled = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&polled, 1, 0) == 0
    }

    /// Writes, and waits while the pipe is full.
    func write(_ text: String) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { unsafe Glibc.write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            written += count
        }
    }

    /// Reads what is there, at most 64 KiB, waiting for the first byte; empty at the end.
    func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(output, $0.baseAddress, $0.count) }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Reads to the end on a thread of its own.
    func readAll() async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            do {
                try IOThread.start(name: "pipe") {
                    var all: [UInt8] = []
                    while true {
                        let bytes = self.read()
                        if bytes.isEmpty { break }
                        all += bytes
                    }
                    continuation.resume(returning: String(decoding: all, as: UTF8.self))
                }
            } catch {
                continuation.resume(throwing: error)
            }
        }
    }

    func closeOutput() { close(output) }

    func closeInput() { close(input) }

    private func close(_ end: Int32) {
        let wasOpen = open.withLock { $0.remove(end) != nil }
        if wasOpen { _ = Glibc.close(end) }
    }
}
