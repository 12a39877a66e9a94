import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("warren bridge, when something is wrong")
struct BridgeFailureTests {
    @Test("names every error of its configuration and ends with 78")
    func configuration() async throws {
        let lab = try BridgeLab()
        let configuration = """
            servce: a
            retry: { max_attempts: x }
            bridge: { sinks: [{ name: a, types: ["#"], file: f, stdout: {} }] }
            """
        let result = try await lab.start("wrong", configuration).finish()
        #expect(result.status == 78 && result.output == "")
        let file = lab.path("wrong.yaml")
        #expect(
            result.errors == """
                \(file):1:1: servce: unknown key, did you mean 'service'?
                \(file):2:24: retry.max_attempts: 'x', expected a whole number from 1 to 1000
                warren bridge: \(file):3:61: bridge.sinks[0].stdout: given beside 'file', expected one target for a sink

                """
        )
        let missing = try await RunningProgram.warren(["bridge", "--config", lab.path("none.yaml")]).finish()
        #expect(missing.status == 78)
        #expect(
            missing.errors == "warren bridge: \(lab.path("none.yaml")): cannot be read: No such file or directory\n"
        )
        let early = try await lab.start("early", "bridge: { sources: { unix: ./a.sock } }").finish()
        #expect(early.status == 78)
        #expect(early.errors.contains("bridge.sources.unix: not available yet, the bridge does not start with it\n"))
    }

    @Test("ends with 69 when the login is refused or there is no such vhost, also while its input is silent")
    func refused() async throws {
        let broker = try await LocalBroker.shared()
        let cases = [
            (
                broker.url.replacingOccurrences(of: "guest:guest@", with: "guest:hunter2@"),
                "refused the login of user 'guest'"
            ),
            (broker.url(vhost: "none"), "does not let user 'guest' into virtual host 'none'"),
        ]
        for (url, reason) in cases {
            let lab = try BridgeLab()
            let silent = try await lab.start("source", BridgeLab.source, url: url).ended(within: .seconds(10))
            #expect(silent.status == 69)
            #expect(silent.errors.contains("warren bridge: 127.0.0.1:\(broker.port) \(reason)"))
            #expect(!silent.errors.contains("hunter2"))
            let busy = try lab.start("source", BridgeLab.source, url: url)
            try await busy.write(BridgeLab.orders(0..<3))
            let result = try await busy.finish()
            #expect(result.status == 69)
            #expect(result.errors.contains("\nlines 1-3 were read, but not known to be safe\n"))
            #expect(try lab.report("source").confirmed == 0)
        }
    }

    @Test("says at once which file cannot be written, and that another bridge has it")
    func files() async throws {
        let lab = try BridgeLab()
        func configuration(_ path: String) -> String {
            """
            events: { eventbus: { type: memory } }
            bridge: { sources: { stdin: {} }, sinks: [{ name: audit, types: ["#"], file: "\(path)" }] }
            """
        }
        let folder = try await lab.start("a", configuration(lab.path(""))).finish()
        #expect(folder.status == 78)
        #expect(folder.errors == "warren bridge: sink 'audit': '\(lab.path(""))': is a directory\n")
        let missing = try await lab.start("b", configuration(lab.path("no/where"))).finish()
        #expect(missing.status == 1)
        #expect(missing.errors.hasSuffix("no/where': open: No such file or directory\n"))
        let first = try lab.start("c", configuration(lab.path("audit.ndjson")))
        try await first.write(BridgeLab.orders(0..<1))
        try await lab.log("audit.ndjson").holds(lines: 1)
        let second = try await lab.start("d", configuration(lab.path("audit.ndjson"))).finish()
        #expect(second.status == 1)
        #expect(second.errors.hasSuffix("audit.ndjson': another process has it open to write lines\n"))
        #expect(try await first.finish().status == 0)
        let arguments = ["bridge", "--config", lab.path("c.yaml"), "--report", lab.path("no/where")]
        let report = try await RunningProgram.warren(arguments).finish()
        #expect(report.status == 1)
        #expect(report.errors == "warren bridge: cannot write '\(lab.path("no/where"))': No such file or directory\n")
    }

    @Test("names the lines that hold no event, publishes the others, and ends with 1")
    func badLines() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let source = try lab.start("source", BridgeLab.source, url: url)
            let event = BridgeLab.orders(0..<1)
            try await source.write(event + "\n{\n" + event + "[]\n{}\n" + event)
            // One byte more than the longest line that is taken.
            try await source.write(String(repeating: "x", count: (16 << 20) - (64 << 10) + 1) + "\n" + event)
            let result = try await source.finish()
            #expect(result.status == 1)
            for line in [3, 5, 6] { #expect(result.errors.contains("\nline \(line): ")) }
            #expect(result.errors.contains("\nline 8: longer than 16320 KiB\n"))
            #expect(result.errors.hasSuffix("\nlines 3, 5-6, 8 hold no events that could be published\n"))
            let report = try lab.report("source")
            #expect((report.published, report.confirmed, report.badLines) == (4, 4, 4))
        }
    }

    @Test("goes on after the end of its input when it is told so, and needs no input at all")
    func inputEnds() async throws {
        let lab = try BridgeLab()
        func configuration(_ atEnd: String) -> String {
            """
            service: alone
            events: { eventbus: { type: memory } }
            bridge: { sources: { stdin: { at_end: \(atEnd) } }, sinks: [{ name: out, types: ["#"], stdout: {} }] }
            """
        }
        let bridge = try lab.start("on", configuration("continue"))
        try await bridge.write(BridgeLab.orders(0..<1))
        bridge.endInput()
        try await bridge.prints(lines: 1)
        bridge.signal(SIGTERM)
        let result = try await bridge.ended()
        #expect(result.status == 0)
        #expect(
            result.errors.hasSuffix(
                "'alone' ends: read 1 event, confirmed 0, kept local 1, out took 1, dead-lettered 0\n"
            )
        )
        // With no stdin at all there is nothing to read, and no other file takes its place.
        let file = try lab.write(configuration("exit"), to: "none.yaml")
        let closed = try await RunningProgram.shell(#"exec "$@" <&-"#, ["bridge", "--config", file]).ended()
        #expect(closed.status == 0)
        #expect(closed.errors == "'alone' begins\n'alone' ends: out took 0, dead-lettered 0\n")
    }

    @Test("a line that a signal cuts in two is not read, and no bad line")
    func cutLine() async throws {
        let lab = try BridgeLab()
        let configuration = """
            events: { eventbus: { type: memory } }
            bridge: { sources: { stdin: {} }, sinks: [{ name: out, types: ["#"], stdout: {} }] }
            """
        let bridge = try lab.start("cut", configuration)
        try await bridge.write(BridgeLab.orders(0..<1) + #"{"event_type":"Order.Created","da"#)
        try await bridge.prints(lines: 1)
        bridge.signal(SIGTERM)
        #expect(try await bridge.ended().status == 0)
        #expect(try lab.report("cut").badLines == 0)
    }

    @Test("asked to end without a broker it gives its lines some seconds and names them; asked again it ends at once")
    func signals() async throws {
        try await withBreakableBroker { broker, url in
            let lab = try BridgeLab()
            let patient = try lab.start("patient", BridgeLab.source, url: url)
            let hasty = try lab.start("hasty", BridgeLab.source, url: url)
            for bridge in [patient, hasty] {
                try await bridge.write(BridgeLab.orders(0..<5))
                try await bridge.says("the connection is open")
            }
            try await broker.nodes[0].kill()
            for bridge in [patient, hasty] {
                try await bridge.says("no connection")
                try await bridge.write(BridgeLab.orders(5..<12))
                try await eventually("the lines are read") { bridge.hasReadInput }
                bridge.signal(SIGTERM)
            }
            let begin = ContinuousClock.now
            try await hasty.says("a second signal ends at once")
            hasty.signal(SIGTERM)
            #expect(try await hasty.ended(within: .seconds(5)).status == 128 + SIGTERM)
            let result = try await patient.ended(within: .seconds(30))
            #expect(result.status == 1)
            let time = ContinuousClock.now - begin
            #expect(.seconds(5) < time && time < .seconds(10))
            let report = try lab.report("patient")
            let first = report.confirmed + 1
            #expect(result.errors.hasSuffix("warren bridge: lines \(first)-12 were read, but not known to be safe\n"))
            #expect(report.published == 12)
            try await broker.nodes[0].restart()
        }
    }

    @Test("names the lines that the broker will never take, and goes on with the others")
    func refusedLines() async throws {
        let broker = try await LocalBroker.shared()
        try await broker.withVhost { url in
            let vhost = String(try #require(url.split(separator: "/").last))
            let user = "narrow-\(UUID())"
            try await broker.rabbitmqctl(["add_user", user, "pw"])
            try await broker.rabbitmqctl(["set_permissions", "-p", vhost, user, ".*", ".*", ".*"])
            try await broker.rabbitmqctl(["set_topic_permissions", "-p", vhost, user, "events", "^Order", ".*"])
            let lab = try BridgeLab()
            let sink = try await lab.startSink(url: url)
            let narrow = url.replacingOccurrences(of: "guest:guest@", with: "\(user):pw@")
            let source = try lab.start("source", BridgeLab.source, url: narrow)
            let secret = BridgeLab.orders(0..<1, type: "Secret.Thing")
            try await source.write(BridgeLab.orders(0..<10) + secret + BridgeLab.orders(10..<20) + secret)
            let result = try await source.finish()
            #expect(result.status == 1)
            for line in [11, 22] {
                #expect(result.errors.contains("\nline \(line): the broker refused the event 'Secret.Thing'"))
            }
            #expect(result.errors.contains("403"))
            #expect(result.errors.hasSuffix("\nlines 11, 22 hold no events that could be published\n"))
            let report = try lab.report("source")
            #expect((report.published, report.confirmed, report.badLines) == (20, 20, 2))
            try await lab.log("audit.ndjson").holds(orders: 0..<20)
            sink.signal(SIGTERM)
            #expect(try await sink.ended().status == 0)
            try await broker.rabbitmqctl(["delete_user", user])
        }
    }

    @Test("asked to end while the reader of its output is stalled it ends in ten seconds, and says what is lost")
    func stalledOutput() async throws {
        let lab = try BridgeLab()
        let configuration = """
            events: { eventbus: { type: memory } }
            bridge: { sources: { stdin: {} }, sinks: [{ name: out, types: ["#"], stdout: {} }] }
            """
        let bridge = try lab.start("stalled", configuration, isRead: false)
        // More than the pipe holds, and fewer than wait for a sink before no more is read.
        let large = #"{"event_type":"a","data":"\#(String(repeating: "x", count: 1000))"}"# + "\n"
        try await bridge.write(String(repeating: large, count: 900) + "no event\n")
        try await bridge.says("line 901: ")
        bridge.signal(SIGTERM)
        let result = try await bridge.ended(within: .seconds(12))
        #expect(result.status == 1)
        #expect(result.errors.firstMatch(of: /\d+ events that stay in the process did not get to a sink/) != nil)
        #expect(try lab.report("stalled").failed == 0)
    }

    @Test("asked to end with nothing under way it ends at once, also while there is no broker")
    func idle() async throws {
        let lab = try BridgeLab()
        let configuration = """
            \(BridgeLab.events())
            bridge: { sources: { stdin: {} }, sinks: [{ name: audit, types: ["#"], file: "\(lab.path("a"))" }] }
            """
        let bridge = try lab.start("idle", configuration, url: "amqp://127.0.0.1:1")
        try await bridge.says("no connection")
        bridge.signal(SIGTERM)
        #expect(try await bridge.ended(within: .seconds(4)).status == 0)
    }

    @Test("says at the end of its input that nobody takes the events of a queue which it may not consume")
    func refusedQueue() async throws {
        try await LocalBroker.shared().withVhost { url in
            let other = """
                channel = connect()
                channel.queue_declare('sink.audit', durable=True, arguments={'x-max-length': 9})
                channel.basic_publish('', 'sink.audit', b'x')
                """
            #expect(try await RunningProgram.python(other, url: url).finish().status == 0)
            let lab = try BridgeLab()
            let configuration = """
                service: sink
                \(BridgeLab.events())
                bridge: { sources: { stdin: {} }, sinks: [{ name: audit, types: ["#"], file: "\(lab.path("a"))" }] }
                """
            let result = try await lab.start("sink", configuration, url: url).finish()
            #expect(result.status == 1)
            #expect(
                result.errors.contains(
                    "\nwarren bridge: the broker refuses the subscription 'sink.audit', and nobody takes its events: "
                )
            )
        }
    }

    @Test("says why it ended though the report cannot be written")
    func unreported() async throws {
        let lab = try BridgeLab()
        let broker = try await LocalBroker.shared()
        let file = try lab.write(BridgeLab.source, to: "source.yaml")
        let arguments = ["bridge", "--config", file, "--report", "/dev/full"]
        let lost = try await RunningProgram.warren(arguments, url: broker.url(vhost: "none")).finish()
        #expect(lost.status == 69)
        #expect(lost.errors.contains("\ncannot write '/dev/full': No space left on device\nwarren bridge: 127.0.0.1:"))
        let well = try await RunningProgram.warren(arguments, url: broker.url).finish()
        #expect(well.status == 1)
        #expect(well.errors.hasSuffix("\nwarren bridge: cannot write '/dev/full': No space left on device\n"))
    }

    @Test("needs no queue of its service where all that is routed to it stays in the process")
    func onlyLocal() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let configuration = """
                service: me
                events:
                  eventbus: { type: hybrid }
                  rabbitmq: { url: "${WARREN_URL}" }
                  local_only: [user.logged_in]
                event_routing: { user.logged_in: [me] }
                bridge:
                  sources: { stdin: {} }
                  sinks: [{ name: logins, types: [user.logged_in], file: "\(lab.path("logins.ndjson"))" }]
                """
            let bridge = try lab.start("me", configuration, url: url)
            try await bridge.write(BridgeLab.orders(0..<1, type: "user.logged_in"))
            #expect(try await bridge.finish().status == 0)
            #expect(lab.log("logins.ndjson").count == 1)
        }
    }
}
