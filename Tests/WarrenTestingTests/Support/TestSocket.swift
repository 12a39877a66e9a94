import Glibc

@testable import WarrenTesting

/// A plain client socket: what the peer of a scripted broker or a proxy is in these tests.
struct TestSocket: Sendable {
    let descriptor: Descriptor

    init(port: Int) throws {
        guard let descriptor = try TCPSocket.connected(port: port) else {
            throw WarrenTestingError(.peerClosed, "port \(port) refuses")
        }
        self.descriptor = descriptor
    }

    init(_ descriptor: Descriptor) {
        self.descriptor = descriptor
    }

    func send(_ bytes: [UInt8]) { descriptor.send(bytes) }

    func send(_ text: String) { send(Array(text.utf8)) }

    /// Sends a piece again and again until there is no room for 100 ms, or `limit` is reached; gives the bytes sent.
    func sendUntilStuck(_ piece: [UInt8], limit: Int) -> Int {
        var sent = 0
        while sent < limit {
            var entry = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
            guard poll(&entry, 1, 100) > 0 else { break }
            let count = piece.withUnsafeBytes { buffer in
                let rest = buffer[(sent % piece.count)...]
                return Glibc.send(
                    descriptor.number,
                    UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                    rest.count,
                    Int32(MSG_NOSIGNAL | MSG_DONTWAIT)
                )
            }
            if count > 0 { sent += count }
        }
        return sent
    }

    /// One read; empty at the peer's orderly end.
    ///
    /// - Throws: `.timedOut` after 10 s, `.peerClosed` when the connection was reset.
    func receive(upTo count: Int = 64 << 10) async throws -> [UInt8] {
        try await BlockingCall.run("receive") {
            guard TCPSocket.awaitReadable(descriptor, milliseconds: 10_000) else {
                throw WarrenTestingError(.timedOut, "nothing arrived")
            }
            var bytes = [UInt8](repeating: 0, count: count)
            let received = bytes.withUnsafeMutableBytes { buffer in
                recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
            }
            guard received >= 0 else { throw WarrenTestingError(.peerClosed, "reset") }
            return Array(bytes.prefix(received))
        }
    }

    /// Reads exactly so many bytes.
    func receive(exactly count: Int) async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try await receive(upTo: count - bytes.count)
            guard !more.isEmpty else { throw WarrenTestingError(.peerClosed, "ended after \(bytes.count) bytes") }
            bytes += more
        }
        return bytes
    }

    /// Whether something arrives within a short time.
    func isSilent(for milliseconds: Int32 = 50) async throws -> Bool {
        try await BlockingCall.run("silence") {
            !TCPSocket.awaitReadable(descriptor, milliseconds: milliseconds)
        }
    }

    func closeWriting() { shutdown(descriptor.number, Int32(SHUT_WR)) }
}
