import AMQP
import Testing
import Warren
import WarrenRabbitMQ

@Suite("Copies of messages")
struct MessageCopyTests {
    private let failure = EventFailure(
        error: "why",
        errorType: "Type",
        attempts: 2,
        firstFailedAt: EventTimestamp(milliseconds: 0),
        lastFailedAt: EventTimestamp(milliseconds: 1),
        handler: "billing"
    )

    private func deadLetter(
        _ properties: AMQPProperties,
        error: String = "why",
        frameMax: Int = 131_072
    ) throws -> AMQPProperties {
        var failure = failure
        failure.error = error
        var copy = MessageCopy(of: AMQPMessage(body: [1], properties: properties))
        copy.note(failure, host: "host", from: .init(exchange: "events", routingKey: "key"))
        let message = copy.fitted(to: frameMax)
        #expect(message.body == [1])
        #expect(try message.properties.encodedHeaderSize(mandatory: true) <= frameMax)
        return message.properties
    }

    @Test("Header frames of every size up to the limit and beyond come to fit, whatever the frame")
    func everySize() throws {
        for frameMax in [4096, 8192, 131_072] {
            for size in [0, 1, 100, 3000, 3300, 3400, 4000, 7500, 8100, 127_000, 130_900, 131_000] {
                let headers: AMQPTable = ["filling": .string(String(repeating: "f", count: size)), "small": 1]
                let copy = try deadLetter(AMQPProperties(headers: headers), frameMax: frameMax)
                let isKept = copy.headers["filling"] != nil
                #expect(isKept == (copy.headers["warren-dropped-headers"] == nil))
                #expect(copy.headers["small"] == 1 && copy.headers["warren-error"] == "why")
                if size + 500 < frameMax { #expect(isKept, "\(size) in \(frameMax)") }
            }
        }
    }

    @Test("In the smallest frame the error's text gives way before anything else of ours")
    func smallestFrame() throws {
        let long = String(repeating: "x", count: 255)
        let properties = AMQPProperties(
            contentType: long,
            contentEncoding: long,
            correlationID: long,
            replyTo: long,
            expiration: "1000",
            messageID: long,
            type: long,
            appID: long
        )
        let copy = try deadLetter(properties, error: String(repeating: "€", count: 10_000), frameMax: 4096)
        let error = try #require(copy.headers["warren-error"]?.string)
        #expect(error.utf8.count < 4000 && error.utf8.count > 100 && error.allSatisfy { $0 == "€" })
        #expect(copy.headers["warren-routing-key"] == "key" && copy.headers["warren-attempts"] == 2)
        #expect(copy.headers["warren-dropped-headers"] == nil && copy.replyTo == long)
    }

    @Test("Texts that have grown beyond a short string are left out and named")
    func grownTexts() throws {
        let grown = String(repeating: "\u{FFFD}", count: 255)
        let copy = try deadLetter(AMQPProperties(correlationID: grown, messageID: "m", type: grown, appID: "a"))
        #expect(copy.correlationID == nil && copy.type == nil && copy.messageID == "m" && copy.appID == "a")
        #expect(copy.headers["warren-dropped-headers"] == .array(["correlation-id", "type"]))
    }

    @Test("A header that cannot be encoded at all is left out and named")
    func unencodable() throws {
        var deep = AMQPValue.void
        for _ in 0..<100 { deep = .array([deep]) }
        let key = String(repeating: "k", count: 256)
        let copy = try deadLetter(AMQPProperties(headers: ["deep": deep, "fine": 1, "table": .table([key: 1])]))
        #expect(copy.headers["fine"] == 1 && copy.headers["deep"] == nil && copy.headers["table"] == nil)
        #expect(copy.headers["warren-dropped-headers"] == .array(["deep", "table"]))
    }

    @Test("Of many dropped headers a kilobyte of names is listed")
    func manyNames() throws {
        let entries = (0..<3000).map { AMQPTable.Entry(key: "a-rather-long-name-\($0)", value: .int64(1)) }
        let copy = try deadLetter(AMQPProperties(headers: AMQPTable(entries)), frameMax: 4096)
        guard case .array(let names) = copy.headers["warren-dropped-headers"] else {
            Issue.record("no names")
            return
        }
        let kept = copy.headers.filter { $0.key.hasPrefix("a-rather") }.count
        #expect(names.count < 60 && names.last == .string("and \(3000 - kept - names.count + 1) more"))
    }

    @Test("A copy of a copy names what either had no room for")
    func twiceDropped() throws {
        let headers: AMQPTable = [
            "large": .string(String(repeating: "l", count: 3900)),
            "middle": .string(String(repeating: "m", count: 3000)),
        ]
        let retry = Retry(after: .seconds(1), failedAttempts: 1, firstFailedAt: EventTimestamp(milliseconds: 0))
        var copy = MessageCopy(of: AMQPMessage(body: [1], properties: AMQPProperties(headers: headers)))
        copy.note(retry, rest: .zero, from: .init(exchange: "events", routingKey: "key"))
        let first = copy.fitted(to: 4096).properties
        #expect(first.headers["warren-dropped-headers"] == .array(["large"]) && first.headers["middle"] != nil)
        let second = try deadLetter(first, error: String(repeating: "e", count: 900), frameMax: 4096)
        #expect(second.headers["warren-dropped-headers"] == .array(["large", "middle"]))
    }

    @Test("A copy that is to be tried again says what is known of it, and a dead letter nothing of that")
    func retried() throws {
        let retry = Retry(after: .seconds(9), failedAttempts: 3, firstFailedAt: EventTimestamp(milliseconds: 0))
        var copy = MessageCopy(of: AMQPMessage(body: [1]))
        let rest = Duration.milliseconds(1500) + .nanoseconds(1)
        copy.note(retry, rest: rest, from: .init(exchange: "events", routingKey: "key"))
        let expected: AMQPTable = [
            "warren-attempt": 3, "warren-first-failed-at": "1970-01-01T00:00:00.000Z", "warren-remaining-delay": 1501,
            "warren-exchange": "events", "warren-routing-key": "key",
        ]
        #expect(copy.message.properties.headers == expected)
        let dead = try deadLetter(copy.message.properties)
        #expect(dead.headers["warren-attempt"] == nil && dead.headers["warren-remaining-delay"] == nil)
    }

    @Test("Headers of ours that an outsider has filled give way too")
    func ownHeadersFilled() throws {
        let filling = AMQPValue.string(String(repeating: "f", count: 60_000))
        let headers: AMQPTable = ["warren-origin": filling, "warren-original-expiration": filling, "mine": filling]
        let copy = try deadLetter(AMQPProperties(headers: headers), frameMax: 65_536)
        #expect(copy.headers["warren-error"] != nil && copy.headers["warren-attempts"] == 2)
    }

    @Test("Every header of that name makes place for one of ours")
    func twice() {
        let headers = AMQPTable([.init(key: "warren-error", value: "old"), .init(key: "warren-error", value: "older")])
        var copy = MessageCopy(of: AMQPMessage(body: [], properties: AMQPProperties(headers: headers)))
        copy["warren-error"] = "new"
        #expect(copy.message.properties.headers == ["warren-error": "new"])
    }

    @Test("A text is cut between two characters of Unicode", arguments: 0...12)
    func cut(limit: Int) {
        let text = "aü€😀x"
        let cut = text.cut(toBytes: limit)
        #expect(cut.utf8.count <= limit && text.hasPrefix(cut))
        let lengths = [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11, 11]
        #expect(cut.utf8.count == lengths[limit])
    }

    @Test("Where a message came from: what a copy says of its origin holds only where it was put into the queue itself")
    func origin() {
        let headers: AMQPTable = ["warren-exchange": "events", "warren-routing-key": "a.b"]
        let properties = AMQPProperties(headers: headers)
        func origin(_ exchange: String, _ key: String) -> MessageCopy.Origin {
            MessageCopy.Origin(of: properties, exchange: exchange, routingKey: key, queue: "q")
        }
        #expect(origin("", "q") == .init(exchange: "events", routingKey: "a.b"))
        #expect(origin("events", "q") == .init(exchange: "events", routingKey: "q"))
        #expect(origin("", "other") == .init(exchange: "", routingKey: "other"))
        let plain = MessageCopy.Origin(of: AMQPProperties(), exchange: "", routingKey: "q", queue: "q")
        #expect(plain == .init(exchange: "", routingKey: "q"))
    }
}
