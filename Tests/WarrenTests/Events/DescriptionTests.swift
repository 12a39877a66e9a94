import Testing
import Warren

@Suite("What people are told of an event")
struct DescriptionTests {
    private let event: EventEnvelope
    private let failure = EventFailure(
        error: "out of stock",
        errorType: "Refused",
        attempts: 3,
        firstFailedAt: EventTimestamp(milliseconds: 0),
        lastFailedAt: EventTimestamp(milliseconds: 1),
        handler: "billing.orders"
    )

    init() throws {
        event = EventEnvelope(
            eventID: "7",
            type: try EventType("Order.Paid"),
            source: "shop",
            payload: try EventPayload(json: Array(#"{"secret": 1}"#.utf8))
        )
    }

    @Test("is its type, id and source, and how large it is, without its data")
    func envelope() {
        #expect("\(event)" == "Order.Paid 7 from shop, 13 bytes")
        var other = event
        other.source = nil
        other.eventID = ""
        #expect("\(other)" == "Order.Paid without an id, 13 bytes")
    }

    @Test("that failed is what went wrong, where, and after how much")
    func deadLetter() {
        #expect("\(failure)" == "Refused: out of stock (billing.orders, 3 attempts)")
        let letter = DeadLetter(event: event, failure: failure)
        #expect("\(letter)" == "Order.Paid 7 from shop, 13 bytes: Refused: out of stock (billing.orders, 3 attempts)")
        var head = letter.head
        head.failure.attempts = 1
        #expect("\(head)" == "Order.Paid 7, \(head.size) bytes: Refused: out of stock (billing.orders, 1 attempt)")
    }
}
