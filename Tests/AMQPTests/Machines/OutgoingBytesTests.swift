import Glibc
import Testing
import WarrenRuntime

@testable import AMQP

@Suite("Outgoing bytes", .timeLimit(.minutes(1)))
struct OutgoingBytesTests {
    /// Writes everything while the peer reads, so that nearly every write is a partial one.
    private static func written(_ outgoing: consuming OutgoingBytes, reading: Int = 50_000) throws -> [UInt8] {
        let pair = try TransportPair()
        pair.transport.shrinkBuffers()
        var bytes: [UInt8] = []
        let expected = outgoing.count
        while bytes.count < expected {
            let progress = outgoing.write(to: pair.transport)
            #expect(progress == (progress == .done ? .done : .blocked))
            while pair.hasInput, bytes.count < expected { bytes += try pair.peer.receive(atMost: reading) }
        }
        #expect(outgoing.write(to: pair.transport) == .done)
        return bytes
    }

    /// A body's frames, as they must be on the wire.
    private static func frames(_ body: [UInt8], frameMax: Int) -> [UInt8] {
        stride(from: 0, to: body.count, by: frameMax - 8).flatMap { start in
            WireBytes.frame(3, 9, WireBytes(Array(body[start..<min(start + frameMax - 8, body.count)]))).bytes
        }
    }

    @Test(
        "cut a body into frames of the agreed size, copied or spliced",
        arguments: [1, 4087, 4088, 4089, 8176, 8177, 65_535, 65_536, 65_537, 200_000],
        [4096, 131_072]
    )
    func body(size: Int, frameMax: Int) throws {
        let body = pattern(size)
        var outgoing = OutgoingBytes()
        outgoing.appendBody(body, channel: 9, frameMax: frameMax)
        let expected = Self.frames(body, frameMax: frameMax)
        #expect(outgoing.count == expected.count)
        #expect(try Self.written(outgoing) == expected)
    }

    @Test("have no frame for an empty body")
    func empty() throws {
        var outgoing = OutgoingBytes()
        #expect(outgoing.isEmpty == true)
        outgoing.appendBody([], channel: 9, frameMax: 4096)
        #expect(outgoing.isEmpty == true)
        let pair = try TransportPair()
        #expect(outgoing.write(to: pair.transport) == .done)
    }

    @Test("keep splices and copies in order through partial writes", arguments: [1000, 50_000, 300_000])
    func mixed(reading: Int) throws {
        let sizes = [10, 100_000, 0, 70_000, 65_536, 300_000, 5]
        var outgoing = OutgoingBytes()
        var expected: [UInt8] = []
        for (index, size) in sizes.enumerated() {
            let head = [UInt8](repeating: UInt8(index), count: index * 7)
            let body = pattern(size)
            outgoing.bytes.append(head)
            outgoing.appendBody(body, channel: 9, frameMax: 131_072)
            expected += head + Self.frames(body, frameMax: 131_072)
        }
        #expect(outgoing.count == expected.count)
        #expect(try Self.written(outgoing, reading: reading) == expected)
    }

    @Test("stop where the socket is full and go on from there, also with bytes added meanwhile")
    func blocked() throws {
        let pair = try TransportPair()
        let large = pattern(2_000_000)
        var outgoing = OutgoingBytes()
        outgoing.bytes.append(large)
        #expect(outgoing.write(to: pair.transport) == .blocked)
        outgoing.bytes.append([1, 2, 3])
        var bytes: [UInt8] = []
        while outgoing.write(to: pair.transport) == .blocked { bytes += try pair.peer.receive() }
        bytes += try pair.peer.receive(exactly: large.count + 3 - bytes.count)
        #expect(bytes == large + [1, 2, 3])
    }

    @Test("say why they cannot be written")
    func broken() throws {
        let transport = try TransportPair().transport
        var outgoing = OutgoingBytes()
        outgoing.appendBody(pattern(100_000), channel: 1, frameMax: 131_072)
        #expect(outgoing.write(to: transport) == .failed("Broken pipe"))
    }

    @Test("begin anew after a reset")
    func reset() throws {
        let pair = try TransportPair()
        var outgoing = OutgoingBytes()
        outgoing.appendBody(pattern(1_000_000), channel: 1, frameMax: 131_072)
        #expect(outgoing.write(to: pair.transport) == .blocked)
        outgoing.reset(keeping: 0)
        #expect(outgoing.isEmpty == true)
        #expect(outgoing.count == 0)
        outgoing.appendBody(pattern(70_000), channel: 9, frameMax: 131_072)
        #expect(try Self.written(outgoing) == Self.frames(pattern(70_000), frameMax: 131_072))
    }
}

extension TransportPair {
    fileprivate var hasInput: Bool {
        var descriptors = [pollfd(fd: peer.descriptor, events: Int16(POLLIN), revents: 0)]
        return unsafe poll(&descriptors, 1, 0) == 1
    }
}
