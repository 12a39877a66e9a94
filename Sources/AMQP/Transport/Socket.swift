package import Glibc
import WarrenRuntime

/// A non-blocking TCP socket: one descriptor, closed when the last reference goes.
///
/// Sending and receiving are separate operations of the kernel, so one thread may send while another receives; since
/// each holds a reference, the descriptor cannot be closed, nor its number be given away, under either of them.
package final class Socket: Sendable {
    package let descriptor: Int32

    /// The kernel takes no more vectors in one call (`IOV_MAX`).
    private static let vectorLimit = 1024

    /// Takes over a descriptor.
    package init(adopting descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// A new socket, not connected, that does not survive `exec`.
    convenience init(family: Int32) throws(SystemError) {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(family, kind, Int32(IPPROTO_TCP))
        guard descriptor >= 0 else { throw SystemError(call: "socket", code: errno) }
        self.init(adopting: descriptor)
        // Frames are gathered before they are written, so waiting for more (Nagle) only costs time.
        set(Int32(IPPROTO_TCP), TCP_NODELAY, to: 1)
        set(SOL_SOCKET, SO_KEEPALIVE, to: 1)
    }

    deinit {
        close(descriptor)
    }

    package func receive(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        guard buffer.count > 0 else { return .bytes(0) }
        while true {
            let count = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
            if count > 0 { return .bytes(count) }
            if count == 0 { return .endOfStream }
            if errno != EINTR { return Self.failure(errno) }
        }
    }

    package func send(_ bytes: UnsafeRawBufferPointer) -> IOResult {
        while true {
            let count = unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            if errno != EINTR { return Self.failure(errno) }
        }
    }

    package func send(_ vectors: UnsafeBufferPointer<iovec>) -> IOResult {
        var message = unsafe msghdr()
        unsafe message.msg_iov = UnsafeMutablePointer(mutating: vectors.baseAddress)
        unsafe message.msg_iovlen = min(vectors.count, Self.vectorLimit)
        while true {
            let count = unsafe sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL))
            if count >= 0 { return .bytes(count) }
            if errno != EINTR { return Self.failure(errno) }
        }
    }

    /// Tells the peer that no more will come; what was sent still arrives.
    package func finishSending() {
        _ = Glibc.shutdown(descriptor, Int32(SHUT_WR))
    }

    /// How many bytes have to be there, from now on, before `poll` says that the socket can be read; the kernel says so
    /// earlier when it has no room for more.
    package func setLowWaterMark(_ bytes: Int) {
        set(SOL_SOCKET, SO_RCVLOWAT, to: Int32(clamping: bytes))
    }

    /// How long the peer's system may leave bytes unacknowledged, or take no more, before the connection is lost.
    ///
    /// An idle connection is asked for a sign of life in time for that. `nil`: as long as the system likes.
    package func setPeerTimeout(_ timeout: Duration?) {
        let milliseconds = Int32(clamping: (timeout?.saturatedNanoseconds ?? 0) / 1_000_000)
        set(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, to: milliseconds)
        guard milliseconds > 0 else { return }
        set(Int32(IPPROTO_TCP), TCP_KEEPIDLE, to: max(1, milliseconds / 2000))
        set(Int32(IPPROTO_TCP), TCP_KEEPINTVL, to: max(1, milliseconds / 6000))
    }

    private static func failure(_ code: Int32) -> IOResult {
        code == EAGAIN || code == EWOULDBLOCK ? .wouldBlock : .failed(SystemError.reason(code))
    }

    private func set(_ level: Int32, _ option: Int32, to value: Int32) {
        // Each of these is an improvement, none a condition: a kernel that refuses one still gives a working socket.
        _ = unsafe withUnsafePointer(to: value) { value in
            unsafe setsockopt(descriptor, level, option, value, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
