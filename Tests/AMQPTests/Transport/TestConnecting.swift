import AMQP
import Glibc
import Synchronization
import Testing
import WarrenRuntime

/// What a test needs to connect: a clock, a waker, and a switch that stops it.
final class TestConnecting: Sendable {
    let clock: any RuntimeClock
    let interrupt: Waker
    private let deadline: MonotonicTime
    private let stopped = Atomic(false)

    /// The deadline is `limit` from now.
    init(clock: any RuntimeClock = SystemClock(), within limit: Duration = .seconds(10)) throws {
        self.clock = clock
        deadline = clock.now.advanced(by: limit)
        interrupt = try Waker()
    }

    func stop() {
        stopped.store(true, ordering: .sequentiallyConsistent)
        interrupt.wake()
    }

    func patience() -> Patience {
        Patience(
            target: "test:1",
            deadline: deadline,
            clock: clock,
            interrupt: interrupt,
            shouldStop: { self.stopped.load(ordering: .sequentiallyConsistent) }
        )
    }

    func connect(
        to host: String = "127.0.0.1",
        port: UInt16,
        tls: AMQPTLSConfiguration? = nil,
        serverName: String? = nil
    ) throws -> Transport {
        var tls = tls
        if let serverName { tls?.serverName = serverName }
        return try Transport.connect(
            to: host,
            port: port,
            tls: try tls.map { try TLSContext($0) },
            deadline: deadline,
            clock: clock,
            interrupt: interrupt,
            shouldStop: { self.stopped.load(ordering: .sequentiallyConsistent) }
        )
    }
}

/// The error that connecting ends with.
func connectError(
    to host: String = "127.0.0.1",
    port: UInt16,
    tls: AMQPTLSConfiguration? = nil,
    serverName: String? = nil,
    within limit: Duration = .seconds(10)
) async throws -> TransportError {
    try await onThread {
        let connecting = try TestConnecting(within: limit)
        return try #require(throws: TransportError.self) {
            try connecting.connect(to: host, port: port, tls: tls, serverName: serverName)
        }
    }
}

extension Transport {
    /// Waits until the transport can go on, at most ten seconds.
    func wait(_ events: Int32) throws {
        let output = hasBufferedOutput ? POLLOUT : 0
        var descriptors = [pollfd(fd: descriptor, events: Int16(events | output), revents: 0)]
        try #require(unsafe poll(&descriptors, 1, 10_000) == 1, "the peer neither reads nor writes")
    }

    /// Makes the kernel's buffers small, so that nearly every write is a partial one.
    func shrinkBuffers() {
        for option in [SO_SNDBUF, SO_RCVBUF] {
            // Below the loopback's segment size the kernel waits for timers instead.
            var size: Int32 = 64 << 10
            _ = unsafe setsockopt(descriptor, SOL_SOCKET, option, &size, socklen_t(MemoryLayout<Int32>.size))
        }
    }

    func sendAll(_ bytes: [UInt8]) throws {
        var sent = 0
        while sent < bytes.count || hasBufferedOutput {
            let result = unsafe bytes[sent...].withUnsafeBytes { unsafe sent < bytes.count ? write($0) : flush() }
            switch result {
            case .bytes(let count): sent += sent < bytes.count ? count : 0
            case .wouldBlock: try wait(POLLOUT)
            case .endOfStream, .failed: throw Broken(result: result)
            }
        }
    }

    /// Reads until `count` bytes have come; with `nil`, until the stream ends.
    func receive(_ count: Int? = nil, bufferSize: Int = 256 << 10) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: bufferSize)
        while bytes.count < count ?? .max {
            let room = min(bufferSize, (count ?? .max) - bytes.count)
            let result = unsafe buffer.withUnsafeMutableBytes { buffer in
                unsafe read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<room]))
            }
            switch result {
            case .bytes(let more):
                bytes += buffer[..<more]
            case .wouldBlock:
                #expect(!hasBufferedInput)
                try wait(POLLIN)
            case .endOfStream where count == nil:
                return bytes
            case .endOfStream, .failed:
                throw Broken(result: result)
            }
        }
        return bytes
    }

    /// Waits at most ten seconds for something to read.
    func waitForInput() -> Bool {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        return unsafe poll(&descriptors, 1, 10_000) == 1
    }

    /// Whether the peer takes more within a fifth of a second.
    func waitForRoom() -> Bool {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)]
        return unsafe poll(&descriptors, 1, 200) == 1
    }

    /// Writes the bytes cut into vectors of these sizes, over and over, in one call.
    func writeVectors(cutting bytes: UnsafeRawBufferPointer, into sizes: [Int]) -> IOResult {
        var vectors = unsafe [iovec]()
        var offset = 0
        while offset < bytes.count {
            let size = unsafe min(sizes[vectors.count % sizes.count], bytes.count - offset)
            let start = unsafe UnsafeMutableRawPointer(mutating: bytes.baseAddress?.advanced(by: offset))
            unsafe vectors.append(iovec(iov_base: start, iov_len: size))
            offset += size
        }
        return unsafe vectors.withUnsafeBufferPointer { unsafe writeVectors($0) }
    }

    struct Broken: Error {
        let result: IOResult
    }
}

/// Bytes in which every block has its number, without letters that `openssl s_server` takes for commands.
func pattern(_ count: Int) -> [UInt8] {
    let filling = [UInt8](repeating: UInt8(ascii: "."), count: 1016)
    var bytes: [UInt8] = []
    for block in 0...count / 1024 {
        bytes += String(10_000_000 + block).utf8
        bytes += filling
    }
    return Array(bytes.prefix(count))
}

extension Waker {
    /// Blocks until woken, ten seconds at most.
    func block() {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        _ = unsafe poll(&descriptors, 1, 10_000)
    }
}
