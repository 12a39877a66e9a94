import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("warren tail, with a broker")
struct TailEndToEndTests {
    private static let fillQueue = """
        channel = connect()
        channel.queue_declare('q', durable=True)
        for n in range(int(sys.argv[2])): channel.basic_publish('', 'q', str(n))
        """

    @Test("ends at a signal though the reader of its output is stalled")
    func stalled() async throws {
        try await LocalBroker.shared().withVhost { url in
            #expect(try await RunningProgram.python(Self.fillQueue, url: url, ["3000"]).finish().status == 0)
            let tail = try RunningProgram.warren(["tail", "--queue", "q"], url: url, isRead: false)
            try await tail.says("listening on queue 'q'")
            var before = 0
            try await eventually("the output is full") {
                defer { before = tail.unread }
                return before > 50_000 && tail.unread == before
            }
            tail.signal(SIGTERM)
            let result = try await tail.ended(within: .seconds(10))
            #expect(result.status == 1)
            #expect(result.errors.contains("stopped by SIGTERM with "))
            #expect(result.errors.hasSuffix("warren tail: stopped before the output was written\n"))
        }
    }

    @Test("shows what any client sends, with nothing lost")
    func foreign() async throws {
        try await LocalBroker.shared().withVhost { url in
            let tail = try RunningProgram.warren(["tail", "a.*", "b.#", "--count", "6", "--timeout", "30s"], url: url)
            try await tail.says("listening on exchange 'events' for a.*, b.#")
            let send = """
                channel = connect()
                def send(key, body, **properties):
                    channel.basic_publish('events', key, body, pika.BasicProperties(**properties))
                send('a.empty', b'')
                send('a.binary', bytes(range(256)), content_type='application/octet-stream')
                send('a.not.matched', b'')
                send('b', b'[1,\\n 2]', type='Some.Thing.v3', message_id='m-1')
                send('b.c', json.dumps(dict(event_id='e', event_type='x.y', data=dict(k=1), extra=[True])).encode())
                send('b.all', b'text', content_type='text/plain', content_encoding='utf-8', delivery_mode=1, priority=5,
                     correlation_id='c', reply_to='r', expiration='60000', message_id='m', timestamp=1700000000, type='t',
                     user_id='guest', app_id='app', cluster_id='k')
                """
            #expect(try await RunningProgram.python(send, url: url).finish().errors == "")
            let publish = try RunningProgram.tool(
                "amqp-publish",
                url: url,
                ["-e", "events", "-r", "a.tool", "-b", "{}"]
            )
            #expect(try await publish.finish().status == 0)
            let tailed = try await tail.finish()
            #expect(tailed.status == 0)
            let lines = try tailed.objects()
            #expect(
                lines.map { $0["event_type"] as? String } == [
                    "a.empty", "a.binary", "Some.Thing", "x.y", "t", "a.tool",
                ]
            )
            #expect(lines[0]["data_base64"] as? String == "")
            #expect(lines[1]["data_base64"] as? String == Data(0...255).base64EncodedString())
            #expect(lines[2]["data"] as? [Int] == [1, 2])
            #expect(lines[2]["version"] as? String == "3" && lines[2]["event_id"] as? String == "m-1")
            #expect((lines[2]["amqp"] as? [String: Any])?["routing_key"] as? String == "b")
            #expect(lines[3]["event_id"] as? String == "e" && lines[3]["extra"] as? [Bool] == [true])
            #expect(lines[4]["timestamp"] as? String == "2023-11-14T22:13:20.000Z")
            #expect(lines[4]["source"] as? String == "app" && lines[4]["content_type"] as? String == "text/plain")
            let properties = (lines[4]["amqp"] as? [String: Any])?["properties"] as? [String: Any]
            #expect(
                properties?.keys.sorted() == [
                    "cluster_id", "content_encoding", "delivery_mode", "expiration", "priority", "reply_to", "user_id",
                ]
            )
            #expect((lines[5]["data"] as? [String: Any])?.isEmpty == true)
        }
    }

    @Test("shows headers of every type that pika sends")
    func headers() async throws {
        try await LocalBroker.shared().withVhost { url in
            let tail = try RunningProgram.warren(["tail", "#", "--count", "1", "--timeout", "30s"], url: url)
            try await tail.says("listening")
            let send = """
                headers = dict(text='ü', flag=True, small=-1, big=2**40, nothing=None, data=b'\\xff\\x00',
                               decimal=decimal.Decimal('3.14'), time=datetime.datetime.utcfromtimestamp(1700000000),
                               list=[1, 'x', [True]], table=dict(inner=dict(n=1)))
                connect().basic_publish('events', 'k', b'', pika.BasicProperties(headers=headers))
                """
            #expect(try await RunningProgram.python(send, url: url).finish().status == 0)
            let tailed = try await tail.finish()
            let line = try #require(tailed.output.split(separator: "\n").first)
            for expected in [
                #""text":"ü""#, #""flag":true"#, #""small":-1"#, #""big":1099511627776"#,
                #""nothing":null"#,
                #""data":{"base64":"/wA="}"#, #""decimal":{"decimal":{"scale":2,"value":314}}"#,
                #""time":{"timestamp":1700000000}"#, #""list":[1,"x",[true]]"#, #""table":{"inner":{"n":1}}"#,
            ] {
                #expect(line.contains(expected))
            }
        }
    }

    @Test("prints a foreign body of 8 MiB whole")
    func large() async throws {
        try await LocalBroker.shared().withVhost { url in
            let tail = try RunningProgram.warren(["tail", "#", "--count", "1", "--timeout", "30s"], url: url)
            try await tail.says("listening")
            let send = "connect().basic_publish('events', 'k', b'\\xfe' * (8 << 20))"
            #expect(try await RunningProgram.python(send, url: url).finish().status == 0)
            let base64 = try #require(try await tail.finish().objects().first?["data_base64"] as? String)
            #expect(Data(base64Encoded: base64) == Data(repeating: 0xFE, count: 8 << 20))
        }
    }

    @Test("can be published again as it is")
    func again() async throws {
        try await LocalBroker.shared().withVhost { url in
            let first = try RunningProgram.warren(["tail", "#", "--count", "2", "--timeout", "30s"], url: url)
            try await first.says("listening")
            let publish = try RunningProgram.warren(["publish", "--ndjson", "-"], url: url)
            try await publish.write(
                "{\"event_type\":\"a\",\"x\":1,\"metadata\":{\"k\":\"v\"}}\n{\"event_type\":\"b.c\",\"data\":[1.0]}\n"
            )
            #expect(try await publish.finish().status == 0)
            let lines = try await first.finish().output
            let second = try RunningProgram.warren(["tail", "#", "--count", "2", "--timeout", "30s"], url: url)
            try await second.says("listening")
            let republish = try RunningProgram.warren(["publish", "--ndjson", "-"], url: url)
            try await republish.write(lines)
            #expect(try await republish.finish().status == 0)
            #expect(try await second.finish().output == lines)
        }
    }

    @Test("looks into a queue again and again, and leaves it as it was", arguments: ["classic", "quorum"])
    func look(_ kind: String) async throws {
        try await LocalBroker.shared().withVhost { url in
            let fill = Self.fillQueue
                .replacing("connect()", with: "connect(); channel.confirm_delivery()")
                .replacing("durable=True", with: "durable=True, arguments={'x-queue-type': '\(kind)'}")
            #expect(try await RunningProgram.python(fill, url: url, ["700"]).finish().status == 0)
            for _ in 0..<2 {
                let arguments = ["tail", "--queue", "q", "--count", "650", "--timeout", "30s"]
                let looked = try await RunningProgram.warren(arguments, url: url).finish()
                #expect(looked.status == 0)
                #expect(looked.errors.hasPrefix("listening on queue 'q', leaving its messages in it\n"))
                #expect(try looked.objects().compactMap { $0["data"] as? Int } == Array(0..<650))
            }
            let consume = ["tail", "#", "--queue", "q", "--ack", "--count", "300", "--timeout", "30s"]
            let consumed = try await RunningProgram.warren(consume, url: url).finish()
            #expect(consumed.status == 0)
            #expect(try consumed.objects().compactMap { $0["data"] as? Int } == Array(0..<300))
            let rest = try await RunningProgram.warren(["tail", "--queue=q", "--timeout", "1s"], url: url).finish()
            #expect(rest.status == 0)
            // What a consumer of a quorum queue has got and not acked goes behind what was looked at.
            let left = try rest.objects().compactMap { $0["data"] as? Int }
            #expect((kind == "quorum" ? left.sorted() : left) == Array(300..<700))
            #expect(rest.errors.hasSuffix("gave up after 1s with 400 events\n"))
        }
    }

    @Test("refuses to look into a queue that somebody consumes, and says when there is none")
    func refused() async throws {
        try await LocalBroker.shared().withVhost { url in
            let consumer = """
                channel = connect()
                channel.queue_declare('q', durable=True)
                channel.basic_consume('q', lambda *message: None)
                print('consuming', file=sys.stderr, flush=True)
                channel.start_consuming()
                """
            let peer = try RunningProgram.python(consumer, url: url)
            try await peer.says("consuming")
            let looked = try await RunningProgram.warren(["tail", "--queue", "q"], url: url).finish()
            #expect(looked.status == 1)
            #expect(looked.errors.contains("queue 'q' has a consumer"))
            peer.signal(SIGKILL)
            let missing = try await RunningProgram.warren(["tail", "--queue", "none"], url: url).finish()
            #expect(missing.status == 1)
            #expect(missing.errors.contains("no queue 'none'"))
        }
    }

    @Test("gives up at its timeout: a failure only when a count was wanted")
    func timeout() async throws {
        try await LocalBroker.shared().withVhost { url in
            let idle = try await RunningProgram.warren(["tail", "#", "--timeout", "100ms"], url: url).finish()
            #expect(idle.status == 0)
            #expect(idle.errors.hasSuffix("gave up after 100ms with 0 events\n"))
            let short = try await RunningProgram.warren(["tail", "#", "--timeout=100ms", "--count=1"], url: url)
                .finish()
            #expect(short.status == 1)
            #expect(short.errors.hasSuffix("gave up after 100ms with 0 of 1 events\n"))
        }
    }

    @Test("ends at a signal, and without a word when nobody reads it any more")
    func ends() async throws {
        try await LocalBroker.shared().withVhost { url in
            for (number, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM")] {
                let tail = try RunningProgram.warren(["tail", "#"], url: url)
                try await tail.says("listening")
                tail.signal(number)
                let result = try await tail.ended()
                #expect(result.status == 0)
                #expect(result.errors.hasSuffix("stopped by \(name) with 0 events\n"))
            }
            let unread = try RunningProgram.warren(["tail", "#"], url: url, isRead: false)
            try await unread.says("listening")
            unread.closeOutput()
            let result = try await unread.ended()
            #expect(result.status == 0)
            #expect(result.errors == "listening on exchange 'events' for #\n")
        }
    }
}
