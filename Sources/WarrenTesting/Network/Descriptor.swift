import Glibc
import WarrenRuntime

/// A file descriptor that is closed when its last owner lets go of it.
final class Descriptor: Sendable {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }

    /// Opens a file of this process's own; no child inherits it unless it is given to it.
    static func open(_ path: String, _ flags: Int32) throws(WarrenTestingError) -> Descriptor {
        let number = unsafe Glibc.open(path, flags | O_CLOEXEC, 0o600)
        guard number >= 0 else { throw .system("open \(path)", errno) }
        return Descriptor(number)
    }

    /// Two connected ends.
    ///
    /// Sockets, because writing to one whose reader is gone is an error and not a SIGPIPE.
    static func connectedPair() throws(WarrenTestingError) -> (ours: Descriptor, theirs: Descriptor) {
        var ends: [2 of Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let code = unsafe withUnsafeMutablePointer(to: &ends) { pointer in
            unsafe pointer.withMemoryRebound(to: Int32.self, capacity: 2) { unsafe socketpair(AF_UNIX, type, 0, $0) }
        }
        guard code == 0 else { throw .system("socketpair", errno) }
        return (Descriptor(ends[0]), Descriptor(ends[1]))
    }

    /// Sends all of `bytes`, waiting for room; `false` when the peer is gone.
    @discardableResult
    func send(_ bytes: [UInt8]) -> Bool {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    number,
                    buffer.baseAddress?.advanced(by: sent),
                    buffer.count - sent,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return false }
            sent += count
        }
        return true
    }
}

extension WarrenTestingError {
    static func system(_ call: String, _ code: Int32) -> WarrenTestingError {
        WarrenTestingError(.system, "\(call): \(SystemError.reason(code))")
    }
}
