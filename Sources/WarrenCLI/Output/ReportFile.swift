import Glibc
import WarrenRuntime

/// A file for what was counted: opened before the work begins, so that a wrong path is said at once.
struct ReportFile {
    private let path: String
    private let descriptor: Int32

    init(_ path: String) throws(CommandFailure) {
        self.path = path
        descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw CommandFailure(.failed, "cannot write '\(path)': \(SystemError.reason(errno))")
        }
    }

    /// Writes the report, once, with a line end.
    func write(_ json: [UInt8]) throws(CommandFailure) {
        defer { close(descriptor) }
        var rest = (json + [UInt8(ascii: "\n")])[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw CommandFailure(.failed, "cannot write '\(path)': \(SystemError.reason(errno))")
            }
            rest = rest.dropFirst(count)
        }
    }
}
