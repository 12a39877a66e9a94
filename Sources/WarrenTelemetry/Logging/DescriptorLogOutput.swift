import Glibc
import Synchronization

/// Lines to a file descriptor, one `write` each.
///
/// So the lines of several threads and processes stay whole: in a file opened for appending always, in a pipe up to
/// 4 KiB.
package final class DescriptorLogOutput: LogOutput {
    /// How long a line waits for a descriptor that takes no more, before it is lost.
    private static let patience: Int32 = 1000

    private let descriptor: Int32
    private let format: LogFormat
    private let lost = Atomic<Int>(0)

    /// - Parameters:
    ///   - descriptor: stays open for as long as the output is used; the output does not close it.
    ///   - format: how a record becomes a line.
    package init(descriptor: Int32, format: LogFormat) {
        self.descriptor = descriptor
        self.format = format
    }

    /// How many lines could not be written, wholly or in part: the descriptor was closed, full, or its disk was.
    package var lostLines: Int { lost.load(ordering: .relaxed) }

    package func write(_ record: LogRecord) {
        var line = format.line(record)
        line += "\n"
        let isWritten = line.withUTF8 { bytes in unsafe write(UnsafeRawBufferPointer(bytes)) }
        if !isWritten { lost.add(1, ordering: .relaxed) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var rest = unsafe bytes[...]
        while unsafe !rest.isEmpty {
            let written = unsafe Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written > 0 {
                unsafe rest = rest.dropFirst(written)
            } else if written == 0 || !(errno == EINTR || (errno == EAGAIN && waitUntilWritable())) {
                return false
            }
        }
        return true
    }

    private func waitUntilWritable() -> Bool {
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&request, 1, Self.patience) > 0
    }
}
