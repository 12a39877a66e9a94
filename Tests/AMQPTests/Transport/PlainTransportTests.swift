import AMQP
import Glibc
import Testing
import WarrenRuntime

@Suite("A plain transport", .timeLimit(.minutes(1)))
struct PlainTransportTests {
    @Test("carries bytes both ways and reports the end of the stream")
    func echo() async throws {
        try await onThread {
            let listener = try TestListener()
            let transport = try TestConnecting().connect(port: listener.port)
            let peer = try listener.accept()
            #expect(transport.isPlain)
            #expect(!transport.hasBufferedOutput && !transport.hasBufferedInput)
            try transport.sendAll(Array("hello".utf8))
            #expect(try peer.receive(exactly: 5) == Array("hello".utf8))
            try peer.send(Array("world".utf8))
            #expect(try transport.receive(5) == Array("world".utf8))
            transport.shutdown()
            #expect(try peer.receive() == [])
            #expect(transport.flush() == .bytes(0))
        }
    }

    @Test("would block, not wait, when there is nothing to read and no room to write")
    func neverBlocks() async throws {
        try await onThread {
            let listener = try TestListener()
            let transport = try TestConnecting().connect(port: listener.port)
            let peer = try listener.accept()
            var buffer = [UInt8](repeating: 0, count: 100)
            #expect(unsafe buffer.withUnsafeMutableBytes { unsafe transport.read(into: $0) } == .wouldBlock)
            let chunk = pattern(1 << 20)
            var total = 0
            while case .bytes(let count) = unsafe chunk.withUnsafeBytes({ unsafe transport.write($0) }) {
                total += count
            }
            #expect(unsafe chunk.withUnsafeBytes { unsafe transport.write($0) } == .wouldBlock)
            #expect(try peer.receive(exactly: total).count == total)
        }
    }

    @Test("writes vectors as one run of bytes, also more of them than the kernel takes at once")
    func vectors() async throws {
        try await onThread {
            let listener = try TestListener()
            let transport = try TestConnecting().connect(port: listener.port)
            let peer = try listener.accept()
            let bytes = pattern(3000)
            let result = unsafe bytes.withUnsafeBytes { bytes in
                let vectors = unsafe (0..<bytes.count).map { index in
                    unsafe iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress?.advanced(by: index)),
                        iov_len: 1
                    )
                }
                return unsafe vectors.withUnsafeBufferPointer { unsafe transport.writeVectors($0) }
            }
            #expect(result == .bytes(1024))
            #expect(try peer.receive(exactly: 1024) == Array(bytes[..<1024]))
        }
    }

    @Test("says why when the peer has reset the connection, and raises no signal")
    func reset() async throws {
        try await onThread {
            let listener = try TestListener()
            let transport = try TestConnecting().connect(port: listener.port)
            try listener.accept().reset()
            try transport.wait(POLLIN)
            var buffer = [UInt8](repeating: 0, count: 100)
            let read = unsafe buffer.withUnsafeMutableBytes { unsafe transport.read(into: $0) }
            #expect(read == .failed("Connection reset by peer"))
            #expect(unsafe buffer.withUnsafeBytes { unsafe transport.write($0) } == .failed("Broken pipe"))
        }
    }
}
