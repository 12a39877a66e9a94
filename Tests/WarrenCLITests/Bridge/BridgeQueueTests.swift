import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("The queues of warren bridge")
struct BridgeQueueTests {
    /// The rows of a listing in a vhost, each taken apart.
    private func list(_ what: String, _ columns: [String], url: String) async throws -> Set<[String]> {
        let vhost = String(try #require(url.split(separator: "/").last))
        let text = try await LocalBroker.shared().rabbitmqctl(["list_\(what)", "-p", vhost] + columns)
        return Set(text.split(separator: "\n").map { $0.split(separator: "\t").map(String.init) })
    }

    /// Waits until so many messages are ready in queues; a listing would tell it seconds late.
    ///
    /// Several queues with `+` between them hold so many together.
    private func holds(_ counts: [String: Int], url: String) async throws {
        let count = """
            channel = connect()
            def count(name): return channel.queue_declare(name, passive=True).method.message_count
            print(json.dumps({names: sum(map(count, names.split('+'))) for names in sys.argv[2:]}))
            """
        try await eventually("the queues hold \(counts)") {
            let result = try await RunningProgram.python(count, url: url, Array(counts.keys)).finish()
            return try result.objects().first as? [String: Int] == counts
        }
    }

    @Test("sinks on event_routing share the service's queue and each takes its types; others have their own")
    func routing() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let configuration = """
                service: billing
                events:
                  eventbus: { type: rabbitmq }
                  rabbitmq: { url: "${WARREN_URL}", queues: { prefix: queue_, type: classic } }
                event_routing:
                  Order.Created: [inventory, billing]
                  Order.Paid: [billing]
                  Order.Sent: [inventory]
                bridge:
                  sinks:
                    - { name: created, types: [Order.Created], file: "\(lab.path("created.ndjson"))" }
                    - { name: orders, types: ["Order.*"], file: "\(lab.path("orders.ndjson"))" }
                    - { name: doors, types: ["Door.#"], file: "\(lab.path("doors.ndjson"))" }
                """
            let bridge = try lab.start("billing", configuration, url: url)
            try await bridge.says("events are consumed from 'queue_billing.doors', 'queue_billing'")
            #expect(
                try await list("queues", ["name", "type", "durable", "consumers"], url: url) == [
                    ["queue_billing", "classic", "true", "1"],
                    ["queue_billing.dead", "classic", "true", "0"],
                    ["queue_billing.doors", "classic", "true", "1"],
                    ["queue_billing.doors.dead", "classic", "true", "0"],
                    ["warren.delay.classic.1000", "classic", "true", "0"],
                    ["warren.delay.classic.2000", "classic", "true", "0"],
                    ["warren.retry.classic.dead", "classic", "true", "0"],
                ]
            )
            let bindings = try await list("bindings", ["source_name", "destination_name", "routing_key"], url: url)
            let own: Set = bindings.filter { $0.first == "events" }
            #expect(
                own == [
                    ["events", "queue_billing", "Order.Created"], ["events", "queue_billing", "Order.Paid"],
                    ["events", "queue_billing.doors", "Door.#"],
                ]
            )
            let source = try lab.start("source", BridgeLab.source, url: url)
            for (index, type) in ["Order.Created", "Order.Paid", "Order.Sent", "Door.Opened"].enumerated() {
                try await source.write(BridgeLab.orders(index..<index + 1, type: type))
            }
            #expect(try await source.finish().errors.contains("'Order.Sent': event "))
            #expect(try lab.report("source").unrouted == 1)
            try await lab.log("doors.ndjson").holds(lines: 1)
            try await lab.log("orders.ndjson").holds(lines: 2)
            bridge.signal(SIGTERM)
            #expect(try await bridge.ended().status == 0)
            #expect(try lab.log("created.ndjson").numbers() == [0])
            #expect(try lab.log("orders.ndjson").numbers() == [0, 1])
            #expect(try lab.log("doors.ndjson").numbers() == [3])
            #expect(try lab.report("billing").sinks == ["created": 1, "orders": 2, "doors": 1])
        }
    }

    /// Prints every dead letter of `sink.full`, one JSON line each.
    private static let readDeadLetters = """
        channel = connect()
        while True:
            method, properties, body = channel.basic_get('sink.full.dead', auto_ack=True)
            if method is None: break
            print(json.dumps(dict(headers=properties.headers, id=properties.message_id, type=properties.type,
                                  mode=properties.delivery_mode, body=json.loads(body))))
        """

    @Test("an event that no sink ever takes ends in the dead letters, and its headers tell the truth")
    func deadLetters() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let configuration = """
                service: sink
                \(BridgeLab.events())
                retry: { max_attempts: 2, initial_delay: 1s }
                bridge: { sources: { stdin: {} }, sinks: [{ name: full, types: ["Order.#"], file: /dev/full }] }
                """
            let bridge = try lab.start("full", configuration, url: url)
            let begin = Date()
            try await bridge.write(BridgeLab.orders(7..<9, type: "Order.Paid"))
            // At the end of its input it waits for what it has tried in vain, and is to try again.
            #expect(try await bridge.finish().status == 0)
            let end = Date()
            let report = try lab.report("full")
            #expect((report.published, report.confirmed) == (2, 2))
            #expect((report.failed, report.deadLettered, report.sinks["full"]) == (4, 2, 0))

            let letters = try await RunningProgram.python(Self.readDeadLetters, url: url).finish().objects()
            #expect(letters.count == 2)
            for (index, letter) in letters.enumerated() {
                let body = try #require(letter["body"] as? [String: Any])
                #expect((body["data"] as? [String: Any])?["n"] as? Int == 7 + index)
                #expect(letter["id"] as? String == body["event_id"] as? String)
                #expect(letter["type"] as? String == "Order.Paid" && letter["mode"] as? Int == 2)
                let headers = try #require(letter["headers"] as? [String: Any])
                #expect(
                    headers["warren-error"] as? String == "sink 'full': '/dev/full': write: No space left on device"
                )
                #expect(headers["warren-error-type"] as? String == "SinkFailure")
                #expect(headers["warren-attempts"] as? Int == 2)
                #expect(headers["warren-handler"] as? String == "sink.full")
                #expect(headers["warren-exchange"] as? String == "events")
                #expect(headers["warren-routing-key"] as? String == "Order.Paid")
                #expect(headers["warren-host"] as? String == ProcessInfo.processInfo.hostName)
                let format = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
                let first = try format.parse(try #require(headers["warren-first-failed-at"] as? String))
                let last = try format.parse(try #require(headers["warren-last-failed-at"] as? String))
                #expect(begin.addingTimeInterval(-0.001) <= first && last <= end)
                #expect(last.timeIntervalSince(first) >= 1)
            }
        }
    }

    @Test("what was not handled when the bridge is asked to end stays in its queue")
    func shutdown() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let configuration = """
                service: sink
                \(BridgeLab.events())
                retry: { max_attempts: 2, initial_delay: 10m, max_delay: 10m }
                bridge: { sinks: [{ name: full, types: ["Order.#"], file: /dev/full }] }
                """
            let bridge = try lab.start("full", configuration, url: url)
            try await bridge.says("events are consumed from 'sink.full'")
            let source = try lab.start("source", BridgeLab.source, url: url)
            try await source.write(BridgeLab.orders(0..<2000))
            #expect(try await source.finish().status == 0)
            try await bridge.says(" failed: ")
            bridge.signal(SIGTERM)
            let result = try await bridge.ended(within: .seconds(8))
            #expect(result.status == 0, "\(result.errors)")
            #expect(try lab.report("full").deadLettered == 0)
            try await holds(["sink.full+warren.delay.300000": 2000, "sink.full.dead": 0], url: url)
        }
    }

    @Test("what nobody reads from stdout is no dead letter: the bridge ends, and the queue keeps it")
    func unreadOutput() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let configuration = """
                service: sink
                \(BridgeLab.events())
                retry: { max_attempts: 1 }
                bridge: { sources: { stdin: {} }, sinks: [{ name: out, types: ["#"], stdout: {} }] }
                """
            let bridge = try lab.start("out", configuration, url: url, isRead: false)
            try await bridge.says("events are consumed from 'sink.out'")
            bridge.closeOutput()
            let result = try await bridge.ended()
            #expect(result.status == 1)
            #expect(result.errors.hasSuffix("warren bridge: sink 'out': nobody reads the output any more\n"))

            let busy = try lab.start("out", configuration, url: url, isRead: false)
            try await busy.says("events are consumed from 'sink.out'")
            try await busy.write(BridgeLab.orders(0..<3000))
            busy.closeOutput()
            let ended = try await busy.ended()
            #expect(ended.status == 1)
            #expect(ended.errors.contains("nobody reads the output any more"))
            let report = try lab.report("out")
            #expect((report.failed, report.deadLettered) == (0, 0))
            #expect(report.published > 0 && report.confirmed == report.published)
            let taken = try #require(report.sinks["out"])
            try await holds(["sink.out": report.confirmed - taken, "sink.out.dead": 0], url: url)
        }
    }

    @Test("a queue that is full holds the input back, and is not asked all the time")
    func refused() async throws {
        try await LocalBroker.shared().withVhost { url in
            let limitedQueue = """
                channel = connect()
                channel.exchange_declare('events', 'topic', durable=True)
                arguments = {'x-max-length': 3, 'x-overflow': 'reject-publish'}
                channel.queue_declare('q', durable=True, arguments=arguments)
                channel.queue_bind('q', 'events', '#')
                """
            #expect(try await RunningProgram.python(limitedQueue, url: url).finish().status == 0)
            let lab = try BridgeLab()
            let source = try lab.start("source", BridgeLab.source, url: url)
            try await source.write(BridgeLab.orders(0..<10))
            try await source.says("events are not taken now, the input is held back: the broker refused the event")
            let read = try RunningProgram.python(
                """
                channel = connect()
                channel.basic_qos(prefetch_count=1)
                for method, properties, body in channel.consume('q', inactivity_timeout=20):
                    print(body.decode(), flush=True)
                    channel.basic_ack(method.delivery_tag)
                """,
                url: url
            )
            try await read.prints(lines: 10)
            let result = try await source.finish()
            #expect(result.status == 0)
            #expect(result.errors.contains("events are taken again\n"))
            let report = try lab.report("source")
            #expect((report.published, report.confirmed) == (10, 10))
            #expect((1...100).contains(report.sentAgain))
            read.signal(SIGKILL)
        }
    }
}
