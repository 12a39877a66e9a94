import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("warren publish, with a broker")
struct PublishEndToEndTests {
    /// Binds a queue `q` to the exchange `events`, so that what is published can be looked at.
    static let bindQueue = """
        channel = connect()
        channel.exchange_declare('events', 'topic', durable=True)
        channel.queue_declare('q', durable=True)
        channel.queue_bind('q', 'events', '#')
        """

    /// Prints every message of `q` with its properties, one JSON line each.
    static let readQueue = """
        channel = connect()
        while True:
            method, properties, body = channel.basic_get('q', auto_ack=True)
            if method is None: break
            row = dict((k, v) for k, v in vars(properties).items() if v is not None)
            row.update(key=method.routing_key, exchange=method.exchange, body=body.decode())
            print(json.dumps(row))
        """

    @Test("sends an envelope with the properties that repeat it, and prints its id")
    func single() async throws {
        try await LocalBroker.shared().withVhost { url in
            #expect(try await RunningProgram.python(Self.bindQueue, url: url).finish().status == 0)
            let arguments = ["publish", "Order.Paid.v2", "--data", #"{"n": 1.50}"#, "--source", "billing"]
            let published = try await RunningProgram.warren(arguments, url: url).finish()
            #expect(published.status == 0)
            #expect(published.errors.hasPrefix("published 1 event, 1 acked, 0 unroutable, "))
            let id = published.output.trimmingCharacters(in: .newlines)
            #expect(UUID(uuidString: id) != nil)

            let messages = try await RunningProgram.python(Self.readQueue, url: url).finish().objects()
            let message = try #require(messages.first)
            #expect(messages.count == 1)
            #expect(message["key"] as? String == "Order.Paid" && message["exchange"] as? String == "events")
            #expect(message["content_type"] as? String == "application/json" && message["delivery_mode"] as? Int == 2)
            #expect(message["message_id"] as? String == id && message["correlation_id"] as? String == id)
            #expect(message["type"] as? String == "Order.Paid" && message["app_id"] as? String == "billing")
            let now = Int(Date().timeIntervalSince1970)
            let timestamp = try #require(message["timestamp"] as? Int)
            #expect((now - 60...now).contains(timestamp))
            let body = try #require(message["body"] as? String)
            #expect(body.hasPrefix(#"{"event_id":"\#(id)","event_type":"Order.Paid","version":"2","timestamp":""#))
            #expect(body.hasSuffix(#","source":"billing","correlation_id":"\#(id)","data":{"n": 1.50}}"#))
        }
    }

    @Test("sends lines in their order, and tail reads them back")
    func lines() async throws {
        try await LocalBroker.shared().withVhost { url in
            let tail = try RunningProgram.warren(["tail", "#", "--count", "3000", "--timeout", "30s"], url: url)
            try await tail.says("listening on exchange 'events' for #")
            let publish = try RunningProgram.warren(["publish", "--ndjson", "-"], url: url)
            try await publish.write(
                (0..<3000).map { #"{"event_type":"order.n","event_id":"\#($0)","data":\#($0)}"# + "\n" }.joined()
            )
            let published = try await publish.finish()
            #expect(published.status == 0)
            #expect(published.output == (0..<3000).map { "\($0)\n" }.joined())
            #expect(published.errors.hasPrefix("published 3000 events, 3000 acked, 0 unroutable, "))
            let tailed = try await tail.finish()
            #expect(tailed.status == 0)
            #expect(tailed.errors.hasSuffix("3000 events\n"))
            #expect(try tailed.objects().compactMap { $0["data"] as? Int } == Array(0..<3000))
            #expect(try tailed.objects().allSatisfy { $0["amqp"] == nil })
        }
    }

    @Test("reads a file, publishes its good lines, names the bad ones and counts what no queue took")
    func badLines() async throws {
        try await LocalBroker.shared().withVhost { url in
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).ndjson")
            defer { try? FileManager.default.removeItem(at: file) }
            var bytes = Array("{\"event_type\":\"a\",\"event_id\":\"1\"}\noops\n\n".utf8)
            bytes +=
                Array("{\"event_type\":\"a\",\"data\":\"".utf8) + [0xFF] + Array("\"}\n{\"event_type\":\"A\"}\n".utf8)
            bytes += Array("{\"event_type\":\"a\",\"event_id\":\"6\"}".utf8)
            try Data(bytes).write(to: file)
            let published = try await RunningProgram.warren(["publish", "--ndjson", file.path], url: url).finish()
            #expect(published.status == 1)
            #expect(published.output == "1\n6\n")
            let talk = published.errors.split(separator: "\n")
            #expect(talk.count == 4)
            #expect(talk[0] == "line 2: not JSON: byte 0: expected a value, found 'o'")
            #expect(talk[1] == "line 4: not JSON: byte 26: expected UTF-8, found byte 0xff")
            #expect(talk[2].hasPrefix("line 5: the event type 'A' begins with a capital"))
            #expect(talk[3].hasPrefix("published 2 events, 2 acked, 2 unroutable, 3 bad lines, "))
        }
    }

    @Test("is understood by amqp-consume, also with a body of 8 MiB")
    func peer() async throws {
        try await LocalBroker.shared().withVhost { url in
            #expect(try await RunningProgram.python(Self.bindQueue, url: url).finish().status == 0)
            let text = String(repeating: "x", count: 8 << 20)
            let publish = try RunningProgram.warren(["publish", "--ndjson", "-"], url: url)
            try await publish.write(#"{"event_type":"big","data":"\#(text)"}"#)
            #expect(try await publish.finish().status == 0)
            let consumed = try await RunningProgram.tool("amqp-consume", url: url, ["-q", "q", "-c", "1", "cat"])
                .finish()
            #expect(consumed.status == 0)
            #expect(try consumed.objects().first?["data"] as? String == text)
        }
    }

    @Test("prints an id as soon as its event is acked, and stops at SIGTERM with a report")
    func signal() async throws {
        try await LocalBroker.shared().withVhost { url in
            let publish = try RunningProgram.warren(["publish", "--ndjson", "-"], url: url)
            try await publish.write("{\"event_type\":\"a\",\"event_id\":\"1\"}\n")
            try await publish.prints(lines: 1)
            publish.signal(SIGTERM)
            let result = try await publish.ended()
            #expect(result.status == 1)
            #expect(result.output == "1\n")
            #expect(
                result.errors.hasPrefix(
                    "warren publish: stopped by SIGTERM\npublished 1 event, 1 acked, 1 unroutable, "
                )
            )
        }
    }

    @Test("uses an exchange that is there as it is, of whatever type")
    func otherExchange() async throws {
        try await LocalBroker.shared().withVhost { url in
            let setup = """
                channel = connect()
                channel.exchange_declare('fan', 'fanout', durable=False)
                channel.queue_declare('q', durable=True)
                channel.queue_bind('q', 'fan')
                """
            #expect(try await RunningProgram.python(setup, url: url).finish().status == 0)
            let arguments = ["publish", "a", "--data", "null", "--exchange", "fan"]
            let published = try await RunningProgram.warren(arguments, url: url).finish()
            #expect(published.errors.hasPrefix("published 1 event, 1 acked, 0 unroutable, "))
            let byName = try await RunningProgram.warren(["publish", "q", "--data", "1", "--exchange="], url: url)
                .finish()
            #expect(byName.errors.hasPrefix("published 1 event, 1 acked, 0 unroutable, "))
            #expect(try await RunningProgram.python(Self.readQueue, url: url).finish().objects().count == 2)
        }
    }
}
