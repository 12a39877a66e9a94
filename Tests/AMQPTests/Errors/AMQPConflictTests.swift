import Testing

@testable import AMQP

@Suite("A refused declaration")
struct AMQPConflictTests {
    private static func conflict(_ text: String, _ code: UInt16 = 406) -> AMQPConflict? {
        AMQPConflict(AMQPReply(code: code, text: "PRECONDITION_FAILED - " + text))
    }

    @Test(
        "is read from the broker's text, as RabbitMQ 3.10 to 4 write it",
        arguments: [
            (
                "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'false' but current is 'true'",
                ["queue", "q", "durable", "false", "true"]
            ),
            (
                "inequivalent arg 'auto_delete' for exchange 'a b' in vhost 'v': received 'true' but current is 'false'",
                ["exchange", "a b", "auto_delete", "true", "false"]
            ),
            (
                "inequivalent arg 'type' for exchange 'e' in vhost '/': received 'topic' but current is 'direct'",
                ["exchange", "e", "type", "topic", "direct"]
            ),
            (
                "inequivalent arg 'internal' for exchange 'e' in vhost '/': received 'true' but current is 'false'",
                ["exchange", "e", "internal", "true", "false"]
            ),
            (
                "inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received the value '10' of type 'long' "
                    + "but current is the value '5' of type 'signedint'",
                ["queue", "q", "x-max-length", "10", "5"]
            ),
            (
                "inequivalent arg 'x-queue-type' for queue 'q' in vhost '/': received none but current is the value "
                    + "'quorum' of type 'longstr'",
                ["queue", "q", "x-queue-type", nil, "quorum"]
            ),
            (
                "inequivalent arg 'x-message-ttl' for queue 'it''s' in vhost '/': received the value '1' of type 'long' "
                    + "but current is none",
                ["queue", "it''s", "x-message-ttl", "1", nil]
            ),
            (
                "inequivalent arg 'x-dead-letter-routing-key' for queue 'q' in vhost '/': received the value "
                    + "' but current is ' of type 'longstr' but current is the value 'a' of type 'b' of type 'longstr'",
                ["queue", "q", "x-dead-letter-routing-key", " but current is ", "a' of type 'b"]
            ),
        ] as [(String, [String?])]
    )
    func parsed(text: String, fields: [String?]) {
        let conflict = Self.conflict(text)
        let read = conflict.map { [$0.kind, $0.name, $0.argument, $0.expected, $0.actual] }
        #expect(read == fields)
    }

    @Test(
        "keeps the broker's text where it says something else, or was cut off",
        arguments: [
            "", "unknown delivery tag 7", "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'fal",
            "inequivalent arg 'x' for user 'q' in vhost '/': received 'a' but current is 'b'",
            "inequivalent arg '", "inequivalent arg 'a' for queue 'b",
        ]
    )
    func unparsable(text: String) {
        #expect(Self.conflict(text) == nil)
        let reply = AMQPReply(code: 406, text: text)
        let error = CloseReason(reply: reply, classID: 0, methodID: 0).error("tester")
        #expect(error.code == .preconditionFailed && error.conflict == nil && error.message.contains(text))
    }

    @Test("of another code is none")
    func otherCode() {
        let text = "inequivalent arg 'durable' for queue 'q' in vhost '/': received 'false' but current is 'true'"
        #expect(Self.conflict(text, 405) == nil)
    }

    @Test("says in one sentence what was expected and what is there")
    func message() {
        let text = "inequivalent arg 'x-max-length' for queue 'q' in vhost '/': received none but current is the value "
        let reply = AMQPReply(code: 406, text: "PRECONDITION_FAILED - \(text)'5' of type 'long'")
        let error = CloseReason(reply: reply, classID: 0, methodID: 0).error("declaration")
        #expect(error.message.hasPrefix("queue 'q' exists with another x-max-length: expected none, it has '5'"))
        #expect(error.conflict?.argument == "x-max-length")
    }
}
