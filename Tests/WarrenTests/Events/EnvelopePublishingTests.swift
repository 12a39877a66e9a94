import Foundation
import Testing
import Warren

@Suite("Publishing an event")
struct EnvelopePublishingTests {
    private func completed(_ json: String) throws -> EventEnvelope {
        try EventEnvelope(completing: Array(json.utf8), source: "here")
    }

    @Test("fills in what is missing")
    func completing() throws {
        let envelope = try completed(#"{"event_type":"Order.Paid.v2"}"#)
        #expect(UUID(uuidString: envelope.eventID) != nil)
        #expect(envelope.eventType == "Order.Paid" && envelope.version == "2")
        #expect(envelope.source == "here" && envelope.correlationID == envelope.eventID)
        #expect(envelope.timestamp?.text.hasSuffix("Z") == true)
        #expect(envelope.payload == .null)
    }

    @Test("leaves what is there, unknown keys too")
    func keeping() throws {
        let json =
            #"{"event_id":"e","event_type":"a.b","version":"9","timestamp":"2026-01-01T00:00:00Z","source":"s","#
            + #""correlation_id":"c","causation_id":"k","subject":"j","metadata":{"a":"1","b":"2"},"data":{"n": 1.0},"x":[]}"#
        #expect(String(decoding: try completed(json).json(), as: UTF8.self) == json)
    }

    @Test(
        "refuses what is no event, saying why",
        arguments: [
            ("", "not JSON: byte 0: expected a value, found the end"), ("[1]", "not a JSON object"),
            ("{}", "event_type is missing"),
            (#"{"event_type":1}"#, "event_type is not a string"),
            (#"{"event_type":"a","event_id":1}"#, "event_id is not a string"),
            (#"{"event_type":"a b"}"#, "the event type 'a b' has the word 'a b'"),
            (#"{"event_type":"a","version":2}"#, "version is not a string"),
            (#"{"event_type":"a.v1","version":"2"}"#, "event_type 'a.v1' contradicts version '2'"),
            (#"{"event_type":"a","timestamp":"soon"}"#, "timestamp is not an RFC 3339 time"),
            (#"{"event_type":"a","metadata":{"n":1}}"#, "metadata is not an object of at most 1,024 strings"),
            (#"{"event_type":"a","metadata":[]}"#, "metadata is not an object of strings"),
            (#"{"event_type":"a","data_base64":"="}"#, "data_base64 is not base64"),
            (#"{"event_type":"a","data":1,"data_base64":""}"#, "there is both data and data_base64"),
        ]
    )
    func refused(json: String, reason: String) {
        let error = #expect(throws: EventError.self) { try completed(json) }
        #expect(error?.message.hasPrefix(reason) == true, "\(error?.message ?? "")")
    }

    @Test("refuses a field that fits no property, with its name", arguments: ["event_id", "correlation_id", "source"])
    func tooLong(field: String) throws {
        let fits = String(repeating: "x", count: 255)
        #expect(throws: Never.self) { try completed(#"{"event_type":"a","\#(field)":"\#(fits)"}"#) }
        let error = #expect(throws: EventError.self) { try completed(#"{"event_type":"a","\#(field)":"\#(fits)x"}"#) }
        #expect(error == EventError(.fieldTooLong, "\(field) has 256 bytes, at most 255 can be published"))
    }

    @Test("omits such a field's property when it only carries it, and the body keeps it")
    func carriedTooLong() throws {
        let long = String(repeating: "x", count: 256)
        let envelope = try EventEnvelope(
            carrying: Array(#"{"event_id":"\#(long)","event_type":"t","source":"s","data":1}"#.utf8),
            properties: CarriedProperties(routingKey: "k")
        )
        #expect(envelope.carriedProperties.messageID == nil)
        #expect(envelope.carriedProperties.appID == "s")
        #expect(String(decoding: envelope.json(), as: UTF8.self).contains(long))
    }

    @Test("sets the properties that repeat the envelope")
    func properties() throws {
        let envelope = EventEnvelope(
            eventID: "e",
            type: try EventType("Order.Paid.v2"),
            timestamp: EventTimestamp(milliseconds: 1_700_000_000_999),
            source: "billing",
            correlationID: "c",
            payload: .null
        )
        let expected = CarriedProperties(
            routingKey: "Order.Paid",
            messageID: "e",
            type: "Order.Paid",
            correlationID: "c",
            appID: "billing",
            contentType: "application/json",
            timestamp: 1_700_000_000
        )
        #expect(try envelope.publishingProperties() == expected)
    }

    @Test("a time before 1970 has no property")
    func early() throws {
        #expect(
            try completed(#"{"event_type":"a","timestamp":"1969-12-31T23:59:59.999Z"}"#).carriedProperties.timestamp
                == nil
        )
    }
}
