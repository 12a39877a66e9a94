import Testing

@testable import AMQP

@Suite("The head of a publish")
struct PublishEncoderTests {
    private static func target(_ exchange: String, _ key: String, mandatory: Bool = false) -> PublishTarget {
        PublishTarget(exchange: exchange, routingKey: key, mandatory: mandatory)
    }

    private static func message(_ properties: AMQPProperties = AMQPProperties(deliveryMode: nil)) -> AMQPMessage {
        AMQPMessage(body: [1, 2, 3], properties: properties)
    }

    @Test("is a method frame and a content header, as the specification has them")
    func golden() throws {
        let properties = AMQPProperties(contentType: "a/b", deliveryMode: .persistent, messageID: "m1")
        let publish = try EncodedPublish(Self.message(properties), to: Self.target("ex", "a.b", mandatory: true))
        let method = WireBytes.method(60, 40, [0, 0], .shortString("ex"), .shortString("a.b"), [1])
        let header = WireBytes.header(
            bodySize: 3,
            flags: 0x9080,
            .shortString("a/b"),
            [2],
            .shortString("m1")
        )
        #expect(publish.method == method)
        #expect(publish.header == header)
        #expect(publish.layout.stamp == nil)
        #expect(publish.layout.mandatory)
        #expect(publish.layout.size == publish.head.count)
        // The channel is put in later.
        var bytes = publish.head
        for offset in [1, 2, publish.layout.headerFrame + 1, publish.layout.headerFrame + 2] { bytes[offset] = 0 }
        #expect(bytes == WireBytes.frame(1, 0, method).bytes + WireBytes.frame(2, 0, header).bytes)
    }

    @Test("may have an empty exchange, an empty key and no property at all")
    func empty() throws {
        let publish = try EncodedPublish(
            AMQPMessage(body: [], properties: AMQPProperties(deliveryMode: nil)),
            to: Self.target("", "")
        )
        #expect(publish.method == .method(60, 40, [0, 0], [0], [0], [0]))
        #expect(publish.header == .header(bodySize: 0))
    }

    @Test("tells empty texts from absent ones")
    func emptyTexts() throws {
        let properties = AMQPProperties(contentType: "", deliveryMode: nil, messageID: "", appID: "")
        let publish = try EncodedPublish(Self.message(properties), to: Self.target("", "", mandatory: true))
        #expect(publish.header == .header(bodySize: 3, flags: 0x8088, [0], [0], [0]))
        #expect(publish.layout.stamp == nil)
    }

    @Test("of a mandatory message without id has a stamp, found wherever it stands")
    func stamp() throws {
        let heads = [
            AMQPProperties(deliveryMode: nil),
            AMQPProperties(contentType: "text/plain"),
            AMQPProperties(contentEncoding: "gzip"),
            AMQPProperties(contentType: "", contentEncoding: "ö", correlationID: "c", clusterID: "z"),
            AMQPProperties(headers: ["a": 1, "b": .table(["c": "d"])]),
            AMQPProperties(contentType: "x", headers: ["warren-publish": "mine", "a": .array([1]), "z": .void]),
        ]
        for properties in heads {
            let publish = try EncodedPublish(Self.message(properties), to: Self.target("e", "k", mandatory: true))
            let stamp = try #require(publish.layout.stamp)
            #expect(Array(publish.head[stamp..<(stamp + 8)]) == [UInt8](repeating: 0, count: 8))
            #expect(publish.head[stamp - 1] == UInt8(ascii: "l"))
            var stamped = publish.head
            stamped.replaceSubrange(stamp..<(stamp + 8), with: [1, 2, 3, 4, 5, 6, 7, 8])
            let header = WireBytes(Array(stamped[(publish.layout.headerFrame + 7)..<(publish.layout.size - 1)]))
            var expected = properties
            expected.headers["warren-publish"] = nil
            expected.headers["warren-publish"] = .int64(0x0102_0304_0506_0708)
            #expect(try AMQPProperties.decoding(header) == expected)
        }
    }

    @Test("has no stamp where the message has an id or is not mandatory, and leaves a header of that name alone")
    func noStamp() throws {
        let headers: AMQPTable = ["warren-publish": "mine"]
        let cases = [(true, "id"), (false, nil), (false, "id")] as [(Bool, String?)]
        for (mandatory, id) in cases {
            let properties = AMQPProperties(headers: headers, messageID: id)
            let publish = try EncodedPublish(Self.message(properties), to: Self.target("e", "k", mandatory: mandatory))
            #expect(publish.layout.stamp == nil)
            #expect(try AMQPProperties.decoding(publish.header) == properties)
        }
    }

    @Test("takes texts of 255 bytes, and all of them at once")
    func longest() throws {
        let text = String(repeating: "ö", count: 127) + "x"
        let properties = AMQPProperties(
            contentType: text,
            contentEncoding: text,
            headers: [text: .string(text)],
            priority: 1,
            correlationID: text,
            replyTo: text,
            expiration: text,
            messageID: text,
            timestamp: .max,
            type: text,
            userID: text,
            appID: text,
            clusterID: text
        )
        let publish = try EncodedPublish(Self.message(properties), to: Self.target(text, text, mandatory: true))
        #expect(publish.method == .method(60, 40, [0, 0], .shortString(text), .shortString(text), [1]))
        #expect(try AMQPProperties.decoding(publish.header) == properties)
    }

    @Test("refuses a text of 256 bytes, and says which")
    func tooLong() {
        let text = String(repeating: "ö", count: 128)
        var cases: [(String, PublishTarget, AMQPProperties)] = [
            ("exchange", Self.target(text, ""), AMQPProperties()),
            ("routing key", Self.target("", text), AMQPProperties()),
        ]
        let fields: [(String, WritableKeyPath<AMQPProperties, String?>)] = [
            ("content-type", \.contentType), ("content-encoding", \.contentEncoding),
            ("correlation-id", \.correlationID), ("reply-to", \.replyTo), ("expiration", \.expiration),
            ("message-id", \.messageID), ("type", \.type), ("user-id", \.userID), ("app-id", \.appID),
            ("cluster-id", \.clusterID),
        ]
        for (name, field) in fields {
            var properties = AMQPProperties()
            properties[keyPath: field] = text
            cases.append((name, Self.target("", ""), properties))
        }
        for (name, target, properties) in cases {
            #expect(throws: AMQPError(.invalidArgument, "\(name) has 256 bytes; AMQP allows at most 255")) {
                try EncodedPublish(Self.message(properties), to: target)
            }
        }
    }

    @Test("refuses headers with a key over 255 bytes, nested too deep, or with a number that is not finite")
    func headers() {
        let key = String(repeating: "k", count: 256)
        var deep: AMQPTable = [:]
        for _ in 0..<32 { deep = ["t": .table(deep)] }
        for (headers, message) in [
            ([key: 1], "table key has 256 bytes; AMQP allows at most 255"),
            (["a": .array([.table([key: 1])])], "table key has 256 bytes; AMQP allows at most 255"),
            (deep, "a table nests deeper than 32 levels"),
            (["n": .double(.infinity)], "a table holds the number 'inf'; RabbitMQ reads finite ones only"),
        ] as [(AMQPTable, String)] {
            #expect(throws: AMQPError(.invalidArgument, message)) {
                try EncodedPublish(Self.message(AMQPProperties(headers: headers)), to: Self.target("", ""))
            }
        }
    }

    @Test("has room for headers of any size")
    func largeHeaders() throws {
        for size in [0, 100, 5000, 200_000] {
            let headers: AMQPTable = ["a": .string(String(repeating: "x", count: size)), "b": .uint64(.max)]
            let properties = AMQPProperties(headers: headers)
            let publish = try EncodedPublish(Self.message(properties), to: Self.target("e", "k", mandatory: true))
            var expected = properties
            expected.headers["warren-publish"] = 0
            #expect(try AMQPProperties.decoding(publish.header) == expected)
        }
    }
}
