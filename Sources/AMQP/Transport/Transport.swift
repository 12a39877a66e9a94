package import Glibc

/// A connected byte stream, plain or TLS, that never blocks.
///
/// It belongs to one I/O thread. The descriptor is closed when the last reference goes.
///
/// `@unchecked Sendable`: a plain transport is a `Socket`, which any one thread may write to while the I/O thread
/// reads; the TLS state is touched by the I/O thread alone.
package final class Transport: @unchecked Sendable {
    private let socket: Socket
    private let tls: TLSStream?

    init(socket: Socket, tls: TLSStream?) {
        self.socket = socket
        self.tls = tls
    }

    /// What to poll: for input always, for output while ``hasBufferedOutput`` or after a write that would block.
    package var descriptor: Int32 { socket.descriptor }

    /// Whether bytes go out as they are: then another thread may call ``write(_:)`` and ``writeVectors(_:)``, one at a
    /// time.
    package var isPlain: Bool { tls == nil }

    /// Reads what is there, up to the size of the buffer.
    package func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        if let tls { return unsafe tls.read(into: buffer) }
        return unsafe socket.receive(into: buffer)
    }

    /// Writes a beginning of the bytes and says how much; the rest is the caller's to offer again.
    ///
    /// With TLS, what is counted as written may still wait as ciphertext: see ``hasBufferedOutput``.
    package func write(_ bytes: UnsafeRawBufferPointer) -> IOResult {
        guard let tls else { return unsafe socket.send(bytes) }
        var vector = unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        return unsafe withUnsafePointer(to: &vector) { vector in
            unsafe tls.write(UnsafeBufferPointer(start: vector, count: 1))
        }
    }

    /// Writes a beginning of the vectors, as if they were one run of bytes.
    package func writeVectors(_ vectors: UnsafeBufferPointer<iovec>) -> IOResult {
        if let tls { return unsafe tls.write(vectors) }
        return unsafe socket.send(vectors)
    }

    /// Whether ciphertext waits for the socket to take it; call ``flush()`` when the descriptor is writable.
    package var hasBufferedOutput: Bool { tls?.hasBufferedOutput ?? false }

    /// Sends waiting ciphertext: `.bytes` when all of it is gone, `.wouldBlock` when some is left.
    package func flush() -> IOResult {
        tls?.flush() ?? .bytes(0)
    }

    /// Whether it is broken because TLS failed: in TLS 1.3 a client's certificate is refused only after the handshake.
    package var hasFailedInTLS: Bool { tls?.hasFailedItself ?? false }

    /// Whether more can be read although `poll` will not announce it.
    package var hasBufferedInput: Bool { tls?.hasBufferedInput ?? false }

    /// How many bytes have to have come, from now on, before `poll` announces them; fewer where there is no room for more.
    package func setLowWaterMark(_ bytes: Int) {
        socket.setLowWaterMark(bytes)
    }

    /// How long the peer's system may give no sign of life while it owes one; `nil`: as long as the system likes.
    package func setPeerTimeout(_ timeout: Duration?) {
        socket.setPeerTimeout(timeout)
    }

    /// Ends the sending side, as far as that goes without waiting: `close_notify` for TLS, then the TCP FIN.
    package func shutdown() {
        tls?.closeNotify()
        socket.finishSending()
    }
}
