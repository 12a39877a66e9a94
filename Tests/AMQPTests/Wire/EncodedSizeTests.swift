import Testing
import WarrenRuntime

@testable import AMQP

@Suite("The encoded size of properties")
struct EncodedSizeTests {
    private static let full = AMQPProperties(
        contentType: "application/json",
        contentEncoding: "gzip",
        headers: ["a": 1, "b": .table(["c": .array([.void, .decimal(scale: 1, value: 2)])]), "d": .bytes([1, 2])],
        priority: 9,
        correlationID: "c",
        replyTo: "",
        expiration: "1000",
        messageID: "ö",
        timestamp: .max,
        type: "t",
        userID: "u",
        appID: "a",
        clusterID: "z"
    )

    private static let samples = [
        AMQPProperties(deliveryMode: nil), AMQPProperties(), full,
        AMQPProperties(headers: ["warren-publish": "mine"]), AMQPProperties(headers: ["x": "y"], messageID: "1"),
    ]

    @Test("is that of the frame that is sent", arguments: [true, false])
    func frame(mandatory: Bool) throws {
        for properties in Self.samples {
            let core = try CoreUnderTest()
            core.connect()
            let id = try core.open(window: 10)
            #expect(
                try core.publish(AMQPMessage(body: [1], properties: properties), mandatory: mandatory, on: id).refusal
                    == nil
            )
            let header = try #require(core.sent().first { $0.type == FrameFormat.contentHeader })
            let size = header.payload.count + FrameFormat.overhead
            #expect(try properties.encodedHeaderSize(mandatory: mandatory) == size)
        }
    }

    @Test("is what a connection lets through or refuses, to the byte", arguments: [true, false])
    func limit(mandatory: Bool) throws {
        let limit = Int(CoreUnderTest.tuning.frameMax)
        for var properties in Self.samples {
            let core = try CoreUnderTest()
            core.connect()
            let id = try core.open(window: 10)
            properties.headers["padding"] = ""
            let missing = limit - (try properties.encodedHeaderSize(mandatory: mandatory))
            for (padding, fits) in [(missing - 1, true), (missing, true), (missing + 1, false)] {
                properties.headers["padding"] = .string(String(repeating: "p", count: padding))
                #expect(try properties.encodedHeaderSize(mandatory: mandatory) == limit + padding - missing)
                let publish = try core.publish(
                    AMQPMessage(body: [], properties: properties),
                    mandatory: mandatory,
                    on: id
                )
                #expect((publish.refusal == nil) == fits)
            }
        }
    }

    @Test("of what cannot be encoded is an error that names the field")
    func unencodable() {
        let text = String(repeating: "x", count: 256)
        #expect(throws: AMQPError(.invalidArgument, "type has 256 bytes; AMQP allows at most 255")) {
            try AMQPProperties(type: text).encodedHeaderSize(mandatory: false)
        }
        #expect(throws: AMQPError(.invalidArgument, "table key has 256 bytes; AMQP allows at most 255")) {
            try AMQPProperties(headers: [text: 1]).encodedHeaderSize(mandatory: false)
        }
    }
}
