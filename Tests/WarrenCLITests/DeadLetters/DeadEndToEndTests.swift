import AMQP
import Foundation
import Testing
import Warren
import WarrenTesting

@Suite("warren dead, with a broker")
struct DeadEndToEndTests {
    @Test("lists what is known of each, one JSON line, and leaves them as they are")
    func list() async throws {
        try await DeadLetterFixture.use(count: 150) { fixture in
            for queue in ["billing", "billing.dead"] {
                let listed = try await fixture.warren("list", queue)
                #expect(listed.status == 0)
                let more = "; a greater --limit shows more, if there are any\n"
                #expect(listed.errors == "the oldest 100 dead letters\(more)")
                let lines = try listed.objects()
                #expect(lines.compactMap { $0["id"] as? String } == (0..<100).ids)
                let first = try #require(lines.first)
                #expect(
                    first.keys.sorted() == [
                        "attempts", "error", "error_type", "event_type", "exchange", "first_failed_at", "handler",
                        "host",
                        "id", "last_failed_at", "routing_key", "size",
                    ]
                )
                #expect(first["error"] as? String == "no order 0" && first["attempts"] as? Int == 3)
                #expect(first["event_type"] as? String == "Order.Paid" && first["exchange"] as? String == "events")
            }
            let some = try await fixture.warren(
                "list",
                "billing",
                "--type",
                "*.Paid",
                "--limit=3",
                "--error",
                "Order 1"
            )
            #expect(try some.objects().compactMap { $0["id"] as? String } == ["id-10", "id-12", "id-14"])
            let old = try await fixture.warren("list", "billing", "--older-than", "140d")
            #expect(try old.objects().count == 10)
            let new = try await fixture.warren("list", "billing", "--newer-than", "36h")
            #expect(try new.objects().compactMap { $0["id"] as? String } == ["id-148", "id-149"])
            #expect(new.errors == "2 dead letters\n")
            #expect(try await fixture.drain("billing.dead") == (0..<150).ids)
        }
    }

    @Test("shows whole ones with all their headers, and what is no JSON as base64")
    func show() async throws {
        try await DeadLetterFixture.use(count: 2) { fixture in
            let foreign = AMQPMessage(body: [0xFF, 0], properties: AMQPProperties(messageID: "f", type: "Some.Thing"))
            try await fixture.client.publish(foreign, to: "", routingKey: "billing.dead")
            let shown = try await fixture.warren("show", "billing", "--id", "f", "--id", "id-1")
            #expect(shown.status == 0 && shown.errors == "")
            let lines = try shown.objects()
            let own = try #require(lines.first)
            #expect(own["event_id"] as? String == "id-1" && (own["data"] as? [String: Int]) == ["n": 1])
            let aside = try #require(own["amqp"] as? [String: Any])
            #expect((aside["dead_letter"] as? [String: Any])?["error"] as? String == "no order 1")
            let headers = try #require(aside["headers"] as? [String: Any])
            #expect(headers["warren-error"] as? String == "no order 1")
            #expect(headers["mine"] as? [String: String] == ["base64": "/w=="])
            #expect(lines.last?["data_base64"] as? String == "/wA=" && lines.count == 2)
            #expect(try await fixture.drain("billing.dead") == ["id-0", "id-1", "f"])
        }
    }

    @Test("requeues those that are meant to their queue, and prints their ids")
    func requeue() async throws {
        try await DeadLetterFixture.use(count: 40) { fixture in
            let one = try await fixture.warren("requeue", "billing", "--id", "id-7")
            #expect(one.status == 0 && one.output == "id-7\n" && one.errors == "requeued 1 dead letter\n")
            let some = try await fixture.warren(
                "requeue",
                "billing",
                "--all",
                "--type",
                "Order.Created",
                "--limit",
                "2"
            )
            #expect(some.output == "id-1\nid-3\n")
            let all = try await fixture.warren("requeue", "billing.dead", "--all")
            let rest = (0..<40).filter { ![7, 1, 3].contains($0) }.map { "id-\($0)" }
            #expect(all.status == 0 && all.output == rest.joined(separator: "\n") + "\n")
            #expect(all.errors == "requeued 37 dead letters\n")
            let none = try await fixture.warren("requeue", "billing", "--all")
            #expect(none.status == 0 && none.output == "" && none.errors == "requeued 0 dead letters\n")
            #expect(try await fixture.drain("billing") == ["id-7", "id-1", "id-3"] + rest)
        }
    }

    @Test("discards those that are meant, and purges all")
    func discard() async throws {
        try await DeadLetterFixture.use(count: 10) { fixture in
            let some = try await fixture.warren("discard", "billing", "--all", "--older-than", "7d")
            #expect(some.status == 0 && some.output == "id-0\nid-1\nid-2\n")
            let one = try await fixture.warren("discard", "billing", "--id=id-9")
            #expect(one.output == "id-9\n" && one.errors == "discarded 1 dead letter\n")
            let foreign = AMQPMessage(body: [], properties: AMQPProperties(messageID: "a\nid-8\u{1B}[2J"))
            try await fixture.client.publish(foreign, to: "", routingKey: "billing.dead")
            let broken = try await fixture.warren("discard", "billing", "--id", "a\nid-8\u{1B}[2J")
            #expect(broken.output == #"a\nid-8\u{1B}[2J"# + "\n")
            let purged = try await fixture.warren("purge", "billing", "--yes")
            #expect(purged.status == 0 && purged.output == "" && purged.errors == "purged 6 dead letters\n")
            let left = (try await fixture.count("billing.dead"), try await fixture.count("billing"))
            #expect(left == (0, 0))
        }
    }

    @Test("goes through what a bus and a foreign client leave, and the events come to their handlers again")
    func whole() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let log = lab.log("audit.ndjson")
            let sink = try await lab.startSink(url: url)
            sink.signal(SIGTERM)
            #expect(try await sink.ended().status == 0)
            let publish = ["publish", "Order.Created", "--data", #"{"n":0}"#]
            let published = try await RunningProgram.warren(publish, url: url).finish()
            let reject = """
                channel = connect()
                method, properties, body = channel.basic_get('sink.audit')
                channel.basic_reject(method.delivery_tag, requeue=False)
                """
            #expect(try await RunningProgram.python(reject, url: url).finish().status == 0)
            let list = ["dead", "list", "sink.audit", "--error", "broker"]
            var line: [String: Any]?
            try await eventually("it is dead") {
                line = try await RunningProgram.warren(list, url: url).finish().objects().first
                return line != nil
            }
            #expect(line?["id"] as? String == published.output.trimmingCharacters(in: .newlines))
            #expect(line?["broker_reason"] as? String == "rejected")
            let requeue = ["dead", "requeue", "sink.audit", "--all"]
            #expect(try await RunningProgram.warren(requeue, url: url).finish().output == published.output)
            let again = try await lab.startSink(url: url)
            try await log.holds(lines: 1)
            #expect(try log.numbers() == [0])
            again.signal(SIGTERM)
            #expect(try await again.ended().status == 0)
        }
    }
}
