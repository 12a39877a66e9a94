import Glibc
import WarrenRuntime

/// Files that the configuration is read from, bounded.
enum TextFile {
    /// Why a file is not used, as the end of a sentence that names it.
    struct Failure: Error {
        let message: String
    }

    /// The most bytes of a secret.
    static let secretLimit = 64 * 1024

    /// The whole of a file, or more than `limit` bytes where it is larger.
    static func bytes(at path: String, limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure() }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while bytes.count <= limit {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            guard count > 0 else {
                if errno == EINTR { continue }
                throw failure()
            }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// The text of a file without the line end at its end.
    static func secret(at path: String) throws(Failure) -> String {
        var bytes = try bytes(at: path, limit: secretLimit)
        guard bytes.count <= secretLimit else {
            throw Failure(message: "is longer than a secret can be, \(secretLimit) bytes")
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(message: "is not UTF-8")
        }
        return text
    }

    private static func failure() -> Failure {
        Failure(message: "cannot be read: \(SystemError.reason(errno))")
    }
}
