import AMQP
import Glibc
import Testing
import WarrenRuntime

/// A TCP listener on a free port of the loopback, accepting when the test says so.
final class TestListener: Sendable {
    let port: UInt16
    private let descriptor: Int32

    init(backlog: Int32 = 16) throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        try #require(descriptor >= 0)
        self.descriptor = descriptor
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe bind(descriptor, address, length) == 0
                    && listen(descriptor, backlog) == 0
                    && getsockname(descriptor, address, &length) == 0
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        try #require(code)
    }

    deinit {
        close(descriptor)
    }

    /// The next connection; waits for it at most ten seconds.
    func accept() throws -> TestPeer {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        try #require(unsafe poll(&descriptors, 1, 10_000) == 1, "nobody connected")
        let accepted = Glibc.accept(descriptor, nil, nil)
        try #require(accepted >= 0)
        return TestPeer(descriptor: accepted)
    }

    /// A listener that lets new connections hang: its queue is full and nobody accepts.
    static func blackHole() throws -> (TestListener, [TestPeer]) {
        let listener = try TestListener(backlog: 0)
        var fillers: [TestPeer] = []
        for _ in 0..<64 {
            let filler = try TestPeer.dial(listener.port)
            fillers.append(filler)
            if !filler.isWritable(within: 200) { return (listener, fillers) }
        }
        throw NeverFull()
    }

    struct NeverFull: Error {}
}

/// The test's end of a connection: blocking, with a time limit on each step.
final class TestPeer: Sendable {
    let descriptor: Int32

    init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        close(descriptor)
    }

    /// Begins to connect, and does not wait.
    static func dial(_ port: UInt16) throws -> TestPeer {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        try #require(descriptor >= 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
        unsafe withUnsafePointer(to: &address) { address in
            unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = unsafe connect(descriptor, address, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return TestPeer(descriptor: descriptor)
    }

    /// Makes the coming close a reset instead of an orderly end.
    func reset() {
        var option = linger(l_onoff: 1, l_linger: 0)
        _ = unsafe setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }

    func isWritable(within milliseconds: Int32) -> Bool {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
        return unsafe poll(&descriptors, 1, milliseconds) == 1
    }

    /// Receives what is there, waiting at most ten seconds for it; empty at the end of the stream.
    func receive(atMost limit: Int = 65536) throws -> [UInt8] {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        try #require(unsafe poll(&descriptors, 1, 10_000) == 1, "the client sent nothing")
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = unsafe recv(descriptor, &buffer, limit, 0)
        return Array(buffer.prefix(max(0, count)))
    }

    func receive(exactly count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            let more = try receive(atMost: count - bytes.count)
            try #require(!more.isEmpty, "the stream ended after \(bytes.count) bytes")
            bytes += more
        }
        return bytes
    }

    func send(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count {
            let count = unsafe bytes[sent...].withUnsafeBytes { bytes in
                unsafe Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
            }
            try #require(count > 0)
            sent += count
        }
    }
}
