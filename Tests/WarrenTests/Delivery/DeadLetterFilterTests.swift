import Testing
import Warren

@Suite("A filter of dead letters")
struct DeadLetterFilterTests {
    private static let head = DeadLetterHead(
        eventID: "e-1",
        eventType: "Order.Paid",
        failure: EventFailure(
            error: "No order 7, naïve",
            errorType: "NoSuchOrder",
            attempts: 3,
            firstFailedAt: EventTimestamp(milliseconds: 1000),
            lastFailedAt: EventTimestamp(milliseconds: 2000),
            handler: "billing"
        ),
        size: 10
    )

    @Test(
        "means those that fit all that it asks for",
        arguments: [
            (DeadLetterFilter.all, true), (DeadLetterFilter(ids: ["e-1", "e-2"]), true),
            (DeadLetterFilter(ids: []), false),
            (DeadLetterFilter(ids: [""]), false), (DeadLetterFilter(error: "order 7"), true),
            (DeadLetterFilter(error: "NAÏVE"), true), (DeadLetterFilter(error: "NoSuchOrder"), true),
            (DeadLetterFilter(error: "nosuchorder"), false), (DeadLetterFilter(error: ""), true),
            (DeadLetterFilter(failedBefore: EventTimestamp(milliseconds: 2000)), false),
            (DeadLetterFilter(failedBefore: EventTimestamp(milliseconds: 2001)), true),
            (DeadLetterFilter(failedSince: EventTimestamp(milliseconds: 2000)), true),
            (DeadLetterFilter(failedSince: EventTimestamp(milliseconds: 2001)), false),
            (DeadLetterFilter(ids: ["e-1"], error: "timeout"), false),
        ]
    )
    func matches(filter: DeadLetterFilter, isMeant: Bool) {
        #expect(filter.matches(Self.head) == isMeant)
    }

    @Test("reads types as a topic pattern", arguments: [("Order.*", true), ("#", true), ("*.Created", false)])
    func types(pattern: String, isMeant: Bool) throws {
        #expect(DeadLetterFilter(type: try TopicPattern(pattern)).matches(Self.head) == isMeant)
    }

    @Test("writes what it found as JSON, and leaves out what nobody knows")
    func json() {
        let known =
            #""id":"e-1","event_type":"Order.Paid","error":"No order 7, naïve","error_type":"NoSuchOrder","attempts":3,"#
            + #""first_failed_at":"1970-01-01T00:00:01.000Z","last_failed_at":"1970-01-01T00:00:02.000Z","handler":"billing""#
        #expect(String(decoding: Self.head.json(), as: UTF8.self) == "{\(known),\"size\":10}")
        var head = Self.head
        (head.host, head.exchange, head.routingKey, head.brokerReason) = ("h", "events", "Order.Paid", "rejected")
        let more = #""host":"h","exchange":"events","routing_key":"Order.Paid","broker_reason":"rejected","size":10"#
        #expect(String(decoding: head.json(), as: UTF8.self) == "{\(known),\(more)}")
    }
}
