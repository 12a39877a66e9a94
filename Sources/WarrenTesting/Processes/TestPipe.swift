import CLinux
import Glibc
import WarrenRuntime

/// A pipe whose ends are closed one by one, or with the value.
package final class TestPipe: Sendable {
    /// Where bytes come out.
    package let output: Int32
    /// Where bytes go in.
    package let input: Int32
    private let open = Locked<Set<Int32>>([])

    /// From then on SIGPIPE is ignored: as in the program, a reader that went away is an error and not the end of the
    /// process.
    package init() throws(WarrenTestingError) {
        _ = signal(SIGPIPE, SIG_IGN)
        var ends: [2 of Int32] = [-1, -1]
        let code = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
            unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe pipe2($0, O_CLOEXEC) }
        }
        guard code == 0 else { throw .system("pipe2", errno) }
        (output, input) = (ends[0], ends[1])
        let both: Set = [output, input]
        open.withLock { $0 = both }
    }

    deinit {
        closeOutput()
        closeInput()
    }

    /// Whether a write would wait.
    package var isFull: Bool {
        var polled = pollfd(fd: input, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&polled, 1, 0) == 0
    }

    /// How many bytes wait to be read.
    package var waiting: Int {
        var count: Int32 = 0
        // Either end knows; one may be closed.
        let end = open.withLock { $0.contains(output) } ? output : input
        return unsafe ioctl(end, UInt(FIONREAD), &count) == 0 ? Int(count) : 0
    }

    /// Writes, and waits while the pipe is full.
    package func write(_ text: String) {
        let bytes = Array(text.utf8)
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes { unsafe Glibc.write(input, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            written += count
        }
    }

    /// Reads what is there, at most 64 KiB, waiting for the first byte; empty at the end.
    package func read() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(output, $0.baseAddress, $0.count) }
        return Array(bytes.prefix(max(0, count)))
    }

    /// Reads to the end on a thread of its own.
    package func readAll() async throws -> String {
        try await BlockingCall.run("pipe") {
            var all: [UInt8] = []
            while true {
                let bytes = self.read()
                if bytes.isEmpty { return String(decoding: all, as: UTF8.self) }
                all += bytes
            }
        }
    }

    package func closeOutput() { close(output) }

    package func closeInput() { close(input) }

    private func close(_ end: Int32) {
        let wasOpen = open.withLock { $0.remove(end) != nil }
        if wasOpen { _ = Glibc.close(end) }
    }
}
