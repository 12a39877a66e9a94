import Foundation
import Testing
import Warren
import WarrenTesting

@Suite("Carrying a message")
struct EnvelopeCarryingTests {
    let properties = CarriedProperties(
        routingKey: "the.key",
        messageID: "p-id",
        type: "p.type",
        correlationID: "p-correlation",
        appID: "p-app",
        contentType: "text/csv",
        timestamp: 1_700_000_000
    )

    private func carried(_ body: String) throws -> EventEnvelope {
        try EventEnvelope(carrying: Array(body.utf8), properties: properties)
    }

    @Test("whose body is an envelope: the body wins, and every byte of the data stays")
    func envelope() throws {
        let envelope = try carried(
            #"""
            {"event_id":"e","event_type":"Order.Paid","version":"3","timestamp":"2026-01-01T00:00:00+01:00","source":"s",
            "correlation_id":"c","causation_id":"k","subject":"o/1","metadata":{"traceparent":"00-1"},"data": {"n": 1.0 } }
            """#
        )
        #expect(envelope.eventID == "e" && envelope.eventType == "Order.Paid" && envelope.version == "3")
        #expect(envelope.timestamp?.text == "2026-01-01T00:00:00+01:00")
        #expect(envelope.source == "s" && envelope.correlationID == "c" && envelope.causationID == "k")
        #expect(envelope.subject == "o/1" && envelope.metadata == ["traceparent": "00-1"])
        #expect(envelope.payload == (try EventPayload(json: Array(#"{"n": 1.0 }"#.utf8))))
        #expect(envelope.further.isEmpty)
    }

    @Test("whose envelope says little: the properties say the rest, but neither id nor type")
    func filledIn() throws {
        let envelope = try carried(#"{"event_id":"","event_type":"a","data":null,"source":null}"#)
        #expect(envelope.eventID == "" && envelope.eventType == "a" && envelope.version == "1")
        #expect(envelope.source == "p-app" && envelope.correlationID == "p-correlation")
        #expect(envelope.timestamp?.text == "2023-11-14T22:13:20.000Z")
        #expect(envelope.payload == .null)
    }

    @Test("with unknown keys and odd values: all of them come through")
    func unknown() throws {
        let envelope = try carried(
            #"{"x":[1,{}],"event_id":"e","event_type":"t","timestamp":5,"metadata":{"n":1},"data":1,"x":2,"version":{}}"#
        )
        #expect(envelope.timestamp == nil && envelope.metadata == nil && envelope.version == "1")
        #expect(envelope.further.keys == ["x", "timestamp", "metadata", "x", "version"])
        let json = String(decoding: envelope.json(), as: UTF8.self)
        #expect(json.hasSuffix(#""data":1,"x":[1,{}],"timestamp":5,"metadata":{"n":1},"x":2}"#))
    }

    @Test("whose keys are written with escapes")
    func escapedKeys() throws {
        #expect(try carried(#"{"event\u005fid":"e","event_type":"t","d\u0061ta":7}"#).eventID == "e")
    }

    @Test("with a version at the end of its type")
    func version() throws {
        let envelope = try carried(#"{"event_id":"e","event_type":"Order.Paid.v2","data":1}"#)
        #expect(envelope.eventType == "Order.Paid" && envelope.version == "2")
        #expect(try carried(#"{"event_id":"e","event_type":"a.v2","version":"2","data":1}"#).version == "2")
        let error = #expect(throws: EventError.self) {
            try carried(#"{"event_id":"e","event_type":"a.v2","version":"1","data":1}"#)
        }
        #expect(error?.code == .invalidEnvelope)
        #expect(error?.message == "event_type 'a.v2' contradicts version '1'")
    }

    @Test("with a version that is a whole number: it is that version's text", arguments: [0, 2, 10])
    func versionNumber(version: Int) throws {
        let envelope = try carried(#"{"event_id":"e","event_type":"a","version":\#(version),"data":1}"#)
        #expect(envelope.version == "\(version)" && envelope.further.isEmpty)
        for odd in ["2.0", "2e0", "-2"] {
            let envelope = try carried(#"{"event_id":"e","event_type":"a","version":\#(odd),"data":1}"#)
            #expect(envelope.version == "1" && envelope.further.keys == ["version"])
        }
        let message = "event_type 'a.v3' contradicts version '\(version)'"
        #expect(throws: EventError(.invalidEnvelope, message)) {
            try carried(#"{"event_id":"e","event_type":"a.v3","version":\#(version),"data":1}"#)
        }
    }

    @Test("with data in base64")
    func base64() throws {
        let envelope = try carried(
            #"{"event_id":"e","event_type":"t","data_base64":"AP9\/","content_type":"image/png"}"#
        )
        #expect(envelope.payload == EventPayload(bytes: [0x00, 0xFF, 0x7F], contentType: "image/png"))
        #expect(throws: EventError(.invalidEnvelope, "data_base64 is not base64")) {
            try carried(#"{"event_id":"e","event_type":"t","data_base64":"A"}"#)
        }
        let both = try carried(#"{"event_id":"e","event_type":"t","data_base64":"AP9/","data":2}"#)
        #expect(both.payload.bytes == Array("2".utf8))
        #expect(both.further.keys == ["data_base64"])
    }

    @Test(
        "whose body is JSON but no envelope: the body is the data",
        arguments: [
            "{}", "[]", "7", #""text""#, #"{"event_id":1,"event_type":"t","data":1}"#, #"{"event_id":"e","data":1}"#,
            #"{"event_id":"e","event_type":"t"}"#, #"{"event_id":"e","event_type":"t","data_base64":5}"#,
        ]
    )
    func foreignJSON(body: String) throws {
        let envelope = try carried(body)
        #expect(envelope.eventID == "p-id" && envelope.eventType == "p.type")
        #expect(envelope.payload.isJSON && envelope.payload.bytes == Array(body.utf8))
        #expect(envelope.payload.contentType == "text/csv")
        #expect(envelope.correlationID == "p-correlation" && envelope.source == "p-app")
    }

    @Test(
        "whose body is anything else: the body goes in base64",
        arguments: [[], [0xFF, 0x00], Array("{oops".utf8)] as [[UInt8]]
    )
    func foreignBytes(body: [UInt8]) throws {
        let envelope = try EventEnvelope(carrying: body, properties: properties)
        #expect(envelope.payload == EventPayload(bytes: body, contentType: "text/csv"))
        let again = try EventEnvelope(carrying: envelope.json(), properties: CarriedProperties(routingKey: ""))
        #expect(again == envelope)
    }

    @Test("that nests deeper than JSON may: the body goes in base64", arguments: [512, 513, 514, 10_000])
    func deep(levels: Int) throws {
        let arrays = levels - 1
        let body = #"{"a":"# + String(repeating: "[", count: arrays) + "1" + String(repeating: "]", count: arrays) + "}"
        let envelope = try carried(body)
        #expect(envelope.payload.isJSON == (levels <= 512) && envelope.payload.bytes == Array(body.utf8))
    }

    @Test("without a type property: the routing key is the type, and its version the version")
    func routingKey() throws {
        let bare = try EventEnvelope(carrying: [], properties: CarriedProperties(routingKey: "Order.Paid.v4"))
        #expect(bare.eventType == "Order.Paid" && bare.version == "4" && bare.eventID == "")
        let empty = try EventEnvelope(carrying: [], properties: CarriedProperties(routingKey: "k", type: ""))
        #expect(empty.eventType == "k")
    }

    @Test("with a time no calendar has: no time")
    func absurdTime() throws {
        let properties = CarriedProperties(routingKey: "k", timestamp: .max)
        #expect(try EventEnvelope(carrying: [], properties: properties).timestamp == nil)
    }

    @Test("of any bytes whatever never fails but for a contradiction, and what it gives is an envelope again")
    func fuzz() throws {
        var random = SeededGenerator(seed: 0xE47)
        let seed = Array(
            #"{"event_id":"e","event_type":"a.v2","version":"2","metadata":{"a":"b"},"x":1,"data":{"n":[1]},"y":{}}"#
                .utf8
        )
        for _ in 0..<5_000 {
            var body = seed
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let at = Int.random(in: 0..<body.count, using: &random)
                if Bool.random(using: &random) {
                    body[at] = UInt8.random(in: 0...255, using: &random)
                } else {
                    body.remove(at: at)
                }
            }
            do {
                let envelope = try EventEnvelope(carrying: body, properties: properties)
                let again = try EventEnvelope(carrying: envelope.json(), properties: properties)
                #expect(again == envelope)
                #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(envelope.json())) }
            } catch {
                #expect(error.code == .invalidEnvelope)
            }
        }
    }
}
