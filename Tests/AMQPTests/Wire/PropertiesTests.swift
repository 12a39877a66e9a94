import Testing
import WarrenTesting

@testable import AMQP

/// One property with its flag and its bytes.
private struct Case: CustomTestStringConvertible {
    let name: String
    let flag: UInt16
    let properties: AMQPProperties
    let bytes: WireBytes

    var testDescription: String { name }

    init(_ name: String, _ flag: UInt16, _ bytes: WireBytes, _ set: (inout AMQPProperties) -> Void) {
        self.name = name
        self.flag = flag
        self.bytes = bytes
        var properties = AMQPProperties(deliveryMode: nil)
        set(&properties)
        self.properties = properties
    }
}

@Suite("Message properties")
struct PropertiesTests {
    private static let cases = [
        Case("content-type", 0x8000, .shortString("a/b")) { $0.contentType = "a/b" },
        Case("content-encoding", 0x4000, .shortString("gzip")) { $0.contentEncoding = "gzip" },
        Case("headers", 0x2000, .table(.entry("k", "t", [1]))) { $0.headers = ["k": true] },
        Case("delivery-mode", 0x1000, [2]) { $0.deliveryMode = .persistent },
        Case("priority", 0x0800, [255]) { $0.priority = 255 },
        Case("correlation-id", 0x0400, .shortString("c")) { $0.correlationID = "c" },
        Case("reply-to", 0x0200, .shortString("r")) { $0.replyTo = "r" },
        Case("expiration", 0x0100, .shortString("1000")) { $0.expiration = "1000" },
        Case("message-id", 0x0080, .shortString("m")) { $0.messageID = "m" },
        Case("timestamp", 0x0040, .number(1_700_000_000 as UInt64)) { $0.timestamp = 1_700_000_000 },
        Case("type", 0x0020, .shortString("t")) { $0.type = "t" },
        Case("user-id", 0x0010, .shortString("u")) { $0.userID = "u" },
        Case("app-id", 0x0008, .shortString("a")) { $0.appID = "a" },
        Case("cluster-id", 0x0004, .shortString("")) { $0.clusterID = "" },
    ]

    private static func encode(_ properties: AMQPProperties) throws -> WireBytes {
        let target = PublishTarget(exchange: "", routingKey: "", mandatory: false)
        return try EncodedPublish(AMQPMessage(body: [], properties: properties), to: target).header
    }

    @Test("are encoded and decoded each by itself", arguments: cases)
    private func alone(one: Case) throws {
        let header = WireBytes.header(bodySize: 0, flags: one.flag, one.bytes)
        #expect(try Self.encode(one.properties) == header)
        #expect(try AMQPProperties.decoding(header) == one.properties)
    }

    @Test("are encoded and decoded all together, in the order of their flags")
    func together() throws {
        let all = Self.cases.reduce(into: AMQPProperties(deliveryMode: nil)) { all, one in
            all.contentType = all.contentType ?? one.properties.contentType
            all.contentEncoding = all.contentEncoding ?? one.properties.contentEncoding
            if !one.properties.headers.isEmpty { all.headers = one.properties.headers }
            all.deliveryMode = all.deliveryMode ?? one.properties.deliveryMode
            all.priority = all.priority ?? one.properties.priority
            all.correlationID = all.correlationID ?? one.properties.correlationID
            all.replyTo = all.replyTo ?? one.properties.replyTo
            all.expiration = all.expiration ?? one.properties.expiration
            all.messageID = all.messageID ?? one.properties.messageID
            all.timestamp = all.timestamp ?? one.properties.timestamp
            all.type = all.type ?? one.properties.type
            all.userID = all.userID ?? one.properties.userID
            all.appID = all.appID ?? one.properties.appID
            all.clusterID = all.clusterID ?? one.properties.clusterID
        }
        let header = WireBytes.header(bodySize: 0, flags: 0xFFFC, .joined(Self.cases.map(\.bytes)))
        #expect(try Self.encode(all) == header)
        #expect(try AMQPProperties.decoding(header) == all)
    }

    @Test("that are absent are no bytes, and come back absent")
    func none() throws {
        let none = AMQPProperties(deliveryMode: nil)
        #expect(try Self.encode(none) == .header(bodySize: 0))
        #expect(try AMQPProperties.decoding(.header(bodySize: 0)) == none)
    }

    @Test("come back as they were, whatever they are")
    func roundTrip() throws {
        var random = SeededGenerator(seed: 0x9209)
        for _ in 0..<500 {
            var properties = RandomValues.properties(using: &random)
            let decoded = try AMQPProperties.decoding(Self.encode(properties))
            properties.headers = decoded.headers
            #expect(decoded == properties)
        }
    }

    @Test("come back as they were from a decoder that remembers the last ones")
    func remembered() throws {
        var random = SeededGenerator(seed: 0x5EED)
        var decoder = PropertiesDecoder()
        let some = (0..<20).map { _ in RandomValues.properties(using: &random) }
        for _ in 0..<500 {
            let properties = some[Int.random(in: 0..<some.count, using: &random)]
            let header = try Self.encode(properties)
            // Each time twice: the second time they are remembered.
            for _ in 0..<2 { #expect(try decoder.decode(header) == AMQPProperties.decoding(header)) }
        }
    }

    @Test("with a delivery mode that is neither transient nor persistent come without one", arguments: [0, 3, 255])
    func deliveryMode(mode: UInt8) throws {
        #expect(try AMQPProperties.decoding(.header(bodySize: 0, flags: 0x1000, [mode])).deliveryMode == nil)
    }

    @Test("that end too early are an error at every length", arguments: cases)
    private func truncated(one: Case) throws {
        let header = WireBytes.header(bodySize: 0, flags: one.flag, one.bytes).bytes
        for length in 0..<header.count {
            #expect(throws: WireError.self, "\(length)") {
                try AMQPProperties.decoding(WireBytes(Array(header[..<length])))
            }
        }
    }

    @Test("of another class than basic are refused")
    func otherClass() {
        var header = WireBytes.header(bodySize: 0)
        header.bytes[1] = 61
        #expect(throws: WireError("a content header of class 61; messages have class 60")) {
            try AMQPProperties.decoding(header)
        }
    }

    @Test("with more flags than there are properties are refused, wherever the headers stand", arguments: 0...3)
    func moreFlags(words: Int) {
        // The C decoder shifts the flags of a later word into the first, where nothing has looked at the table.
        var table: WireBytes = .table()
        for _ in 0..<40 { table = .table(.entry("", "F", table)) }
        let continued = WireBytes.joined(Array(repeating: [0, 1], count: words))
        let header = WireBytes.header(bodySize: 0, flags: 0x0001, continued, [0x20, 0], table)
        #expect(throws: WireError("message properties with an unknown flag")) {
            try AMQPProperties.decoding(header)
        }
    }

    @Test("whose headers nest too deep are refused, behind whatever comes before the headers")
    func nested() {
        var table: WireBytes = .table()
        for _ in 0..<32 { table = .table(.entry("", "F", table)) }
        let before: [(UInt16, WireBytes)] = [
            (0, []), (0x8000, .shortString("type")), (0x4000, .shortString("")),
            (0xC000, .joined([.shortString("type"), .shortString(String(repeating: "e", count: 255))])),
        ]
        for (flags, bytes) in before {
            #expect(throws: WireError("a field table nested deeper than 32 levels")) {
                try AMQPProperties.decoding(.header(bodySize: 0, flags: flags | 0x2000, bytes, table))
            }
        }
    }
}
