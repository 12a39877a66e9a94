import Testing

@testable import AMQP

/// A frame that owns its payload.
struct OwnedFrame: Equatable {
    let type: UInt8
    let channel: UInt16
    let payload: [UInt8]
}

extension FrameParser {
    /// Feeds bytes in pieces of at most `piece`, and takes every frame as soon as it is there.
    mutating func parse(_ bytes: [UInt8], piece: Int = .max) throws(WireError) -> [OwnedFrame] {
        var frames: [OwnedFrame] = []
        var rest = bytes[...]
        while !rest.isEmpty {
            let result = unsafe fill { target in
                let count = min(target.count, piece, rest.count)
                unsafe target.copyBytes(from: rest.prefix(count))
                return .bytes(count)
            }
            guard case .bytes(let count) = result, count > 0 else { return frames }
            rest = rest.dropFirst(count)
            while let frame = try next() {
                frames.append(
                    unsafe OwnedFrame(type: frame.type, channel: frame.channel, payload: Array(frame.payload))
                )
            }
        }
        return frames
    }
}

@Suite("The frame parser")
struct FrameParserTests {
    private static let frames = [
        OwnedFrame(type: 1, channel: 0, payload: [0, 10, 0, 10]),
        OwnedFrame(type: 8, channel: 0, payload: []),
        OwnedFrame(type: 2, channel: 0x0102, payload: [UInt8](repeating: 0xCE, count: 14)),
        OwnedFrame(type: 3, channel: .max, payload: [UInt8](0...255)),
    ]

    private static func bytes(_ frames: [OwnedFrame]) -> [UInt8] {
        frames.flatMap { WireBytes.frame($0.type, $0.channel, WireBytes($0.payload)).bytes }
    }

    private static func error(_ bytes: [UInt8], frameMax: Int = 4096, piece: Int = .max) -> String? {
        var parser = FrameParser(frameMax: frameMax)
        do throws(WireError) {
            _ = try parser.parse(bytes, piece: piece)
            return nil
        } catch {
            return error.message
        }
    }

    @Test("finds the same frames however the stream is cut", arguments: 1...40)
    func pieces(piece: Int) throws {
        var parser = FrameParser(frameMax: 4096)
        #expect(try parser.parse(Self.bytes(Self.frames), piece: piece) == Self.frames)
    }

    @Test("waits for the rest at every cut, and gives no frame twice")
    func everyCut() throws {
        let bytes = Self.bytes(Self.frames)
        for cut in 0...bytes.count {
            var parser = FrameParser(frameMax: 4096)
            let first = try parser.parse(Array(bytes[..<cut]))
            #expect(try first + parser.parse(Array(bytes[cut...])) == Self.frames)
        }
    }

    @Test("keeps up with a stream many times longer than its buffer")
    func longStream() throws {
        var parser = FrameParser(frameMax: 4096)
        let frame = OwnedFrame(type: 3, channel: 1, payload: [UInt8](repeating: 7, count: 4088))
        let many = Array(repeating: frame, count: 300)
        #expect(try parser.parse(Self.bytes(many), piece: 100_003) == many)
    }

    @Test("accepts a frame of exactly frame-max, and refuses one byte more before it has come")
    func frameMax() throws {
        for frameMax in [4096, 131_072, 1 << 20] {
            var parser = FrameParser(frameMax: frameMax)
            let largest = OwnedFrame(type: 3, channel: 1, payload: [UInt8](repeating: 1, count: frameMax - 8))
            #expect(try parser.parse(Self.bytes([largest])) == [largest])
            let header: [UInt8] = [3, 0, 1] + WireBytes.number(UInt32(frameMax - 7)).bytes
            #expect(
                Self.error(header, frameMax: frameMax)
                    == "a frame of \(frameMax - 7) bytes, more than the agreed frame-max of \(frameMax)"
            )
        }
        #expect(
            Self.error([1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF])
                == "a frame of 4294967295 bytes, more than the agreed frame-max of 4096"
        )
    }

    @Test("holds the peer to a smaller frame-max once that is agreed")
    func agreed() throws {
        var parser = FrameParser(frameMax: 131_072)
        let frame = OwnedFrame(type: 3, channel: 1, payload: [UInt8](repeating: 1, count: 5000))
        #expect(try parser.parse(Self.bytes([frame])) == [frame])
        parser.frameMax = 4096
        #expect(throws: WireError.self) { try parser.parse(Self.bytes([frame])) }
    }

    @Test("refuses a frame without its end octet", arguments: [0, 1, 0xCD, 0xFF] as [UInt8])
    func endOctet(octet: UInt8) {
        let frame = WireBytes.frame(1, 1, [1, 2, 3]).bytes.dropLast() + [octet]
        #expect(Self.error(Array(frame)) == "a frame that does not end with 0xCE")
    }

    @Test("recognises a peer that wants another version of the protocol")
    func otherVersion() throws {
        let answer: [UInt8] = [0x41, 0x4D, 0x51, 0x50, 3, 1, 0, 0]
        #expect(Self.error(answer) == "it answered with another protocol version: 'AMQP\\3\\1\\0\\0'")
        var parser = FrameParser(frameMax: 4096)
        _ = try parser.parse(FrameFormat.heartbeatFrame)
        #expect(throws: WireError("bytes that are no AMQP frame: 'AMQP\\3\\1\\0\\0'")) { try parser.parse(answer) }
    }

    @Test("names bytes that are no frame", arguments: [1, .max])
    func garbage(piece: Int) throws {
        let web = try #require(Self.error(Array("HTTP/1.1 400 Bad Request\r\n".utf8), piece: piece))
        #expect(web.hasPrefix("bytes that are no AMQP frame: 'H"))
        let tls = try #require(Self.error([0x15, 3, 1, 0, 2, 2, 0x16], piece: piece))
        #expect(tls.hasPrefix("bytes that are no AMQP frame: '\\15"))
        for type in UInt8.min...UInt8.max where ![1, 2, 3, 8, 0x41].contains(type) {
            #expect(Self.error([type])?.hasPrefix("bytes that are no AMQP frame: ") == true)
        }
    }

    @Test("shows at most the first sixteen bytes of garbage")
    func shortened() {
        #expect(
            Self.error(Array("GET / HTTP/1.1 and so on".utf8)) == "bytes that are no AMQP frame: 'GET / HTTP/1.1 a'"
        )
    }

    @Test("hands on what reading came to", arguments: [IOResult.wouldBlock, .endOfStream, .failed("x"), .bytes(0)])
    func readResults(result: IOResult) throws {
        var parser = FrameParser(frameMax: 4096)
        let bytes = Self.bytes(Self.frames)
        let half = bytes.count / 2
        let first = try parser.parse(Array(bytes[..<half]))
        #expect(unsafe parser.fill { _ in result } == result)
        #expect(try first + parser.parse(Array(bytes[half...])) == Self.frames)
    }
}
