import Testing

@testable import WarrenTesting

@Suite("The frames of a scripted broker")
struct ScriptedFrameTests {
    private typealias Frame = ScriptedBroker.Frame

    @Test("a method is written byte for byte as the specification says")
    func method() {
        let frame = Frame.method(.basicAck, channel: 0x0102) { arguments in
            arguments.longLong(3)
            arguments.bits(true)
        }
        let payload: [UInt8] = [0, 60, 0, 80, 0, 0, 0, 0, 0, 0, 0, 3, 1]
        #expect(frame.bytes == [1, 1, 2, 0, 0, 0, 13] + payload + [0xCE])
        #expect(frame.description == "basic.ack on channel 258")
    }

    @Test("flags are packed from the lowest bit, eight to an octet")
    func bits() {
        var writer = ScriptedBroker.Writer()
        writer.bits(true, false, true)
        writer.bits(false, false, false, false, false, false, false, true, true)
        #expect(writer.bytes == [0b101, 0b1000_0000, 1])
    }

    @Test("every kind of field survives a table and back")
    func table() throws {
        let table: [String: ScriptedBroker.Value] = [
            "t": true, "b": .int8(-1), "B": .uint8(255), "s": .int16(-2), "u": .uint16(65_535), "I": .int32(-3),
            "i": .uint32(4_294_967_295), "l": -4, "f": .float(1.5), "d": .double(-2.25),
            "D": .decimal(scale: 2, 314), "S": "text", "x": .bytes([0, 255]), "A": ["one", 2, false],
            "T": .timestamp(1_700_000_000), "F": ["inner": ["deeper": .void]], "V": .void,
        ]
        var writer = ScriptedBroker.Writer()
        writer.table(table)
        var reader = ScriptedBroker.Reader(writer.bytes)
        #expect(try reader.table() == table)
        #expect(reader.remaining.isEmpty)
    }

    @Test("the properties of a message survive a header and back")
    func properties() throws {
        var properties = ScriptedBroker.Properties()
        properties.contentType = "text/plain"
        properties.headers = ["a": 1]
        properties.deliveryMode = 2
        properties.timestamp = 5
        properties.clusterID = "last"
        var reader = Frame.header(channel: 1, bodySize: 9, properties: properties).arguments
        #expect(try reader.short() == 60)
        #expect(try reader.short() == 0)
        #expect(try reader.longLong() == 9)
        #expect(try ScriptedBroker.Properties(from: &reader) == properties)
    }

    @Test("bytes that end too early, nest too deep or mean nothing are errors")
    func malformed() {
        var early = ScriptedBroker.Reader([0])
        #expect(throws: WarrenTestingError.self) { try early.short() }
        var unknown = ScriptedBroker.Reader([0, 0, 0, 3, 1, 97, 0x3F])
        #expect(throws: WarrenTestingError.self) { try unknown.table() }
        var nested: [UInt8] = []
        for _ in 0..<100 {
            var writer = ScriptedBroker.Writer()
            writer.longString([1, 97, UInt8(ascii: "F")] + nested)
            nested = writer.bytes
        }
        var deep = ScriptedBroker.Reader(nested)
        let error = #expect(throws: WarrenTestingError.self) { try deep.table() }
        #expect(error?.message.contains("deep") == true)
    }

    @Test("frames are found in whatever pieces they arrive", arguments: [1, 2, 7, 8, 1000])
    func pieces(size: Int) {
        let frames = Login.frames + [.heartbeat, .body(channel: 3, [1, 2, 3])]
        let bytes = Login.header + frames.flatMap(\.bytes)
        var parser = FrameParser()
        var found: [Frame] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            found += parser.feed(bytes[start..<min(start + size, bytes.count)])
        }
        #expect(found == [Frame(protocolHeader: Login.header)] + frames)
    }

    @Test("a content is cut to the frame's size, and an empty one is a header alone")
    func content() {
        let body = (0..<20).map { UInt8($0) }
        let frames = Frame.content(channel: 1, properties: .init(), body: body, frameMax: 16)
        #expect(frames.map(\.kind) == [.header, .body, .body, .body])
        #expect(frames.dropFirst().flatMap(\.payload) == body)
        #expect(frames.allSatisfy { $0.kind == .header || $0.bytes.count <= 16 })
        #expect(Frame.content(channel: 1, properties: .init(), body: [], frameMax: 16).map(\.kind) == [.header])
    }
}
