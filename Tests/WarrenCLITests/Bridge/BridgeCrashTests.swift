import Foundation
import Glibc
import Testing
import WarrenTesting

/// How many lines the large runs have; `WARREN_FULL=1` makes them as large as they are meant to be in release builds.
private let lines = ProcessInfo.processInfo.environment["WARREN_FULL"] == nil ? 20_000 : 100_000

@Suite("warren bridge, from the stdin of one to the file of another")
struct BridgeCrashTests {
    @Test("each line arrives exactly once and in order, and both end well")
    func quiet() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let log = lab.log("audit.ndjson")
            let sink = try await lab.startSink(url: url)
            let source = try lab.start("source", BridgeLab.source, url: url)
            try await source.write(BridgeLab.orders(0..<lines))
            let sent = try await source.finish()
            #expect(sent.status == 0 && sent.output == "")
            #expect(sent.errors.contains("'source' ends: read \(lines) events, confirmed \(lines), kept local 0, "))
            try await log.holds(lines: lines)
            sink.signal(SIGTERM)
            #expect(try await sink.ended().status == 0)
            #expect(try log.numbers() == Array(0..<lines))

            let published = try lab.report("source")
            #expect(published.service == "source")
            #expect((published.published, published.confirmed) == (lines, lines))
            #expect((published.unrouted, published.keptLocal, published.sentAgain, published.badLines) == (0, 0, 0, 0))
            let taken = try lab.report("sink")
            #expect(taken.sinks == ["audit": lines])
            #expect((taken.failed, taken.deadLettered) == (0, 0))
        }
    }

    @Test("a broker that is killed in the middle costs no line")
    func brokerKilled() async throws {
        try await withBreakableBroker { broker, url in
            let lab = try BridgeLab()
            let log = lab.log("audit.ndjson")
            let sink = try await lab.startSink(url: url)
            try await broker.settle()
            let source = try lab.start("source", BridgeLab.source, url: url)
            async let written: Void = source.write(BridgeLab.orders(0..<lines / 2))
            try await log.holds(lines: lines / 20)
            try await broker.nodes[0].kill()
            try await source.says("no connection")
            // While the broker is away the source reads only so far ahead: what was begun ends when it is back.
            try await broker.nodes[0].restart()
            try await written
            try await source.write(BridgeLab.orders(lines / 2..<lines))
            let sent = try await source.finish(within: .seconds(90))
            #expect(sent.status == 0)
            let published = try lab.report("source")
            #expect((published.published, published.confirmed) == (lines, lines))
            try await log.holds(orders: 0..<lines)
            sink.signal(SIGTERM)
            #expect(try await sink.ended().status == 0)
            // Beside what was sent again the broker may have delivered again what the sink had when it went down.
            let duplicates = log.count - lines
            #expect(duplicates <= published.sentAgain + 1000)
            #expect(try lab.report("sink").deadLettered == 0)
        }
    }

    @Test("what stands twice in a queue after a crash of the broker was sent again because nobody knew")
    func duplicates() async throws {
        try await withBreakableBroker { broker, url in
            let lab = try BridgeLab()
            let log = lab.log("audit.ndjson")
            let count = lines / 4
            // The queue has to be there; nobody takes from it while the source is at work.
            let first = try await lab.startSink(url: url)
            try await broker.settle()
            first.signal(SIGTERM)
            #expect(try await first.ended().status == 0)
            let proxy = try FaultProxy(to: url)
            let source = try lab.start("source", BridgeLab.source, url: proxy.url)
            async let written: Void = source.write(BridgeLab.orders(0..<count))
            try await eventually("events are on their way") { proxy.bytesFromClients > count * 100 }
            try await broker.nodes[0].kill()
            try await broker.nodes[0].restart()
            try await written
            #expect(try await source.finish(within: .seconds(90)).status == 0)
            await proxy.stop()
            let second = try await lab.startSink(url: url)
            try await log.holds(orders: 0..<count)
            let published = try lab.report("source")
            #expect((published.published, published.confirmed) == (count, count))
            let isEmpty = """
                sys.exit(connect().queue_declare('sink.audit', passive=True).method.message_count)
                """
            try await eventually("the queue is empty") {
                try await RunningProgram.python(isEmpty, url: url).finish().status == 0
            }
            second.signal(SIGTERM)
            #expect(try await second.ended().status == 0)
            #expect(log.count - count <= published.sentAgain)
        }
    }

    @Test("a sink that is killed in the middle and started again misses nothing, and its file has whole lines")
    func sinkKilled() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let log = lab.log("audit.ndjson")
            let first = try await lab.startSink(url: url)
            let source = try lab.start("source", BridgeLab.source, url: url)
            async let written: Void = source.write(BridgeLab.orders(0..<lines))
            try await log.holds(lines: lines / 20)
            first.signal(SIGKILL)
            #expect(try await first.ended().status == 128 + SIGKILL)
            let whole = log.count
            // What a loss of power in the middle of a write would leave.
            let file = try #require(FileHandle(forWritingAtPath: log.path))
            try file.seekToEnd()
            try file.write(contentsOf: Data(#"{"event_id":"torn"#.utf8))
            try file.close()
            let second = try await lab.startSink(url: url)
            try await written
            #expect(try await source.finish().status == 0)
            let again = lab.log("audit.ndjson")
            try await again.holds(orders: 0..<lines)
            second.signal(SIGTERM)
            let ended = try await second.ended()
            #expect(ended.status == 0)
            #expect(ended.errors.contains("ended with 17 bytes of a line that was not whole, they were cut off"))
            #expect(try lab.report("sink").sinks == ["audit": again.count - whole])
        }
    }
}
