import AMQP
import Foundation
import Testing
import Warren
import WarrenCLI
import WarrenRabbitMQ

@Suite("A message as a line")
struct TailLineTests {
    private func line(
        _ message: AMQPMessage,
        exchange: String = "events",
        key: String,
        redelivered: Bool = false
    ) -> String {
        let line = TailLine.line(
            message,
            exchange: exchange,
            routingKey: key,
            redelivered: redelivered,
            asked: "events"
        )
        return String(decoding: line, as: UTF8.self)
    }

    @Test("is the envelope and nothing else when Warren published it")
    func own() throws {
        let envelope = EventEnvelope(
            type: try EventType("Order.Paid.v2"),
            source: "billing",
            payload: try EventPayload(json: Array("{\n\"n\": 1\n}".utf8))
        )
        let message = AMQPMessage(envelope, properties: try envelope.publishingProperties())
        #expect(message.properties.deliveryMode == .persistent)
        let json = String(decoding: envelope.json(), as: UTF8.self)
        #expect(line(message, key: "Order.Paid") == json.replacing("\n", with: " ") + "\n")
    }

    @Test("shows beside a foreign message all that an envelope has no place for")
    func foreign() throws {
        let message = AMQPMessage(
            body: [0xFF],
            properties: AMQPProperties(
                contentType: "image/png",
                contentEncoding: "gzip",
                headers: ["a": 1],
                deliveryMode: .transient,
                priority: 9,
                correlationID: "c",
                replyTo: "r",
                expiration: "100",
                messageID: "m",
                timestamp: 5,
                type: "t.v2",
                userID: "u",
                appID: "app",
                clusterID: "k"
            )
        )
        let expected =
            #"{"event_id":"m","event_type":"t","version":"2","timestamp":"1970-01-01T00:00:05.000Z","source":"app","#
            + #""correlation_id":"c","content_type":"image/png","data_base64":"/w==","#
            + #""amqp":{"exchange":"other","routing_key":"the.key","redelivered":true,"properties":{"#
            + #""content_encoding":"gzip","delivery_mode":1,"priority":9,"reply_to":"r","expiration":"100","#
            + #""type":"t.v2","user_id":"u","cluster_id":"k"},"headers":{"a":1}}}"# + "\n"
        #expect(line(message, exchange: "other", key: "the.key", redelivered: true) == expected)
    }

    @Test("says when the properties contradict the body, and when the envelope contradicts itself")
    func contradictions() throws {
        var message = AMQPMessage(#"{"event_id":"e","event_type":"a","data":1}"#)
        message.properties.messageID = "other"
        #expect(line(message, key: "a").hasSuffix(#""data":1,"amqp":{"properties":{"message_id":"other"}}}"# + "\n"))
        let invalid = AMQPMessage(#"{"event_id":"e","event_type":"a.v1","version":"2","data":1}"#)
        let text = line(invalid, key: "k")
        #expect(
            text.contains(#""event_type":"k""#) && text.contains(#""amqp":{"invalid":"event_type 'a.v1' contradicts"#)
        )
    }

    @Test(
        "shows headers of every type",
        arguments: [
            (AMQPValue.bool(true), "true"), (.int8(-1), "-1"), (.uint8(255), "255"), (.int16(-300), "-300"),
            (.uint16(65_535), "65535"), (.int32(.min), "-2147483648"), (.uint32(.max), "4294967295"),
            (.int64(.min), "-9223372036854775808"), (.uint64(.max), "18446744073709551615"), (.float(1.5), "1.5"),
            (.double(1e300), "1e+300"), (.double(.infinity), #"{"double":"inf"}"#), (.float(.nan), #"{"float":"nan"}"#),
            (.decimal(scale: 2, value: -314), #"{"decimal":{"scale":2,"value":-314}}"#),
            (.string("a\"\n"), #""a\"\n""#),
            (.bytes([0, 255]), #"{"base64":"AP8="}"#), (.timestamp(-7), #"{"timestamp":-7}"#), (.void, "null"),
            (.array([.int8(1), .array([]), .string("x")]), #"[1,[],"x"]"#),
            (.table(["a": .table([:]), "b": .void]), #"{"a":{},"b":null}"#),
        ]
    )
    func headers(value: AMQPValue, json: String) throws {
        let message = AMQPMessage(body: [], properties: AMQPProperties(headers: ["h": value]))
        let text = line(message, key: "k")
        #expect(text.contains(#""headers":{"h":\#(json)}"#))
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }

    @Test("is one line and an envelope, whatever the body")
    func whole() throws {
        var random = SystemRandomNumberGenerator()
        for length in 0..<300 {
            let body = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = line(AMQPMessage(body: body), key: "k")
            #expect(text.filter(\.isNewline).count == 1)
            let envelope = try EventEnvelope(carrying: Array(text.utf8), properties: CarriedProperties(routingKey: ""))
            #expect(envelope.eventType == "k" && (envelope.payload.isJSON || envelope.payload.bytes == body))
        }
    }
}
