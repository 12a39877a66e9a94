import Foundation
import Glibc
import Testing
import Warren
import WarrenStorage
import WarrenTesting

@Suite("warren bridge with a store")
struct BridgeSpoolTests {
    @Test("broker away: the input is spooled, SIGTERM ends it well, and the next run sends it in order")
    func awayUntilTheNextRun() async throws {
        try await withLab { lab, url, proxy in
            proxy.refuse()
            let first = try lab.start("source", lab.spoolingSource, url: proxy.url)
            try await first.write(BridgeLab.orders(0..<2000))
            first.endInput()
            try await first.says("the input has ended; 2000 events wait in the spool")
            first.signal(SIGTERM)
            let ended = try await first.ended()
            #expect(ended.status == 0, "\(ended.errors)")
            #expect(ended.errors.contains("2000 events wait in the spool"))
            let report = try lab.report("source")
            #expect((report.published, report.spooled, report.confirmed) == (2000, 2000, 0))

            let sink = try await lab.startSink(url: url)
            try proxy.accept()
            let second = try lab.start("source", lab.spoolingSource, url: proxy.url)
            try await second.write(BridgeLab.orders(2000..<2010))
            #expect(try await second.finish(within: .seconds(60)).status == 0)
            let log = lab.log("audit.ndjson")
            try await log.holds(lines: 2010)
            sink.signal(SIGTERM)
            #expect(try await sink.ended().status == 0)
            #expect(try log.numbers() == Array(0..<2010))
        }
    }

    @Test("killed while it spools and while it drains: what was in the spool arrives")
    func killed() async throws {
        try await withLab { lab, url, proxy in
            let sink = try await lab.startSink(url: url)
            proxy.refuse()
            let first = try lab.start("source", lab.spoolingSource, url: proxy.url)
            async let written: Void = first.write(BridgeLab.orders(0..<20_000))
            try await eventually("something is spooled", within: .seconds(60)) { lab.spoolSize > 200_000 }
            first.signal(SIGKILL)
            _ = try await first.ended()
            try? await written
            let spooled = try await lab.spooled()
            // A line of input after the other, and none left out.
            #expect(spooled.count >= 100 && spooled == Array(0..<spooled.count))

            try proxy.accept()
            let second = try lab.start("source", lab.spoolingSource, url: proxy.url)
            let log = lab.log("audit.ndjson")
            try await log.holds(lines: spooled.count / 10)
            second.signal(SIGKILL)
            _ = try await second.ended()

            let third = try lab.start("source", lab.spoolingSource, url: proxy.url)
            #expect(try await third.finish(within: .seconds(60)).status == 0)
            try await log.holds(orders: 0..<spooled.count)
            sink.signal(SIGTERM)
            #expect(try await sink.ended().status == 0)
            #expect(Set(try log.numbers()) == Set(0..<spooled.count))
            #expect(try await lab.spooled().isEmpty)
        }
    }

    @Test("two bridges on one file, a file that is none, a folder that is not there: said clearly, and refused")
    func refused() async throws {
        try await withLab { lab, _, proxy in
            proxy.refuse()
            let first = try lab.start("source", lab.spoolingSource, url: proxy.url)
            try await first.write(BridgeLab.orders(0..<1))
            try await first.says("the spool: events wait in it")
            let second = try await lab.start("second", lab.spoolingSource, url: proxy.url).finish()
            #expect(second.status == 1 && second.errors.contains(lab.spoolPath), "\(second.errors)")
            first.signal(SIGTERM)
            #expect(try await first.ended().status == 0)

            try Data("not a database, whatever its name".utf8).write(to: URL(fileURLWithPath: lab.spoolPath))
            let third = try await lab.start("third", lab.spoolingSource, url: proxy.url).finish()
            #expect(third.status == 1 && third.errors.contains(lab.spoolPath), "\(third.errors)")
            #expect(try String(contentsOfFile: lab.spoolPath, encoding: .utf8).hasPrefix("not a database"))

            let missing = lab.spoolingSource.replacingOccurrences(of: "warren.db", with: "nowhere/warren.db")
            let fourth = try await lab.start("fourth", missing, url: proxy.url).finish()
            #expect(fourth.status == 78 && fourth.errors.contains("nowhere"), "\(fourth.errors)")
        }
    }

    @Test("a store that is a folder, or no file, is refused, and nothing is left beside it")
    func leavesNothing() async throws {
        let lab = try BridgeLab()
        let folder = lab.path("adir")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        for store in [folder, ":memory:"] {
            let configuration = "\(BridgeLab.source)\nstore: { sqlite: '\(store)' }\n"
            let result = try await lab.start("source", configuration, url: "amqp://127.0.0.1:1").finish()
            let refusal = "warren bridge: store: '\(store)'"
            #expect(result.status == 78 && result.errors.hasPrefix(refusal), "\(result.errors)")
            #expect(!FileManager.default.fileExists(atPath: store + ".spool.db"))
        }
    }

    @Test("what is put aside is listed, shown, requeued and discarded by 'warren dead --spool'")
    func dead() async throws {
        let folder = try TemporaryFolder(prefix: "warren-spool")
        let path = folder.path(of: "warren.spool.db")
        let spool = try await SQLiteSpoolStore(path: path)
        for name in ["a", "b", "c"] {
            let body = #"{"event_id":"\#(name)","event_type":"Order.Paid","data":1}"#
            try await spool.append(
                SpoolEntry(eventID: name, eventType: "Order.Paid", route: [], body: Array(body.utf8))
            )
        }
        for entry in try await spool.entries(after: nil, upTo: 3) {
            try await spool.park(entry.position, reason: "ACCESS_REFUSED")
        }
        let inUse = try await RunningProgram.warren(["dead", "list", "--spool", path]).finish()
        let owner = "the bridge or service that it belongs to has it open: stop that first"
        #expect(inUse.status == 1 && inUse.errors == "warren dead list: '\(path)': \(owner)\n")
        await spool.close()

        let listed = try await RunningProgram.warren(["dead", "list", "--spool", path]).finish()
        #expect(listed.status == 0 && listed.output.split(separator: "\n").count == 3)
        let head = #""id":"a","event_type":"Order.Paid","error":"ACCESS_REFUSED","error_type":"parked""#
        #expect(listed.output.contains(head))
        let shown = try await RunningProgram.warren(["dead", "show", "--spool", path, "--id", "b"]).finish()
        #expect(shown.status == 0 && shown.output.contains(#""data":1"#) && shown.output.contains(#""dead_letter":{"#))
        let requeued = try await RunningProgram.warren(["dead", "requeue", "--spool", path, "--id", "a"]).finish()
        #expect(requeued.status == 0 && requeued.output == "a\n")
        let discarded = try await RunningProgram.warren(["dead", "discard", "--spool", path, "--id", "b"]).finish()
        #expect(discarded.status == 0 && discarded.output == "b\n")
        let purged = try await RunningProgram.warren(["dead", "purge", "--spool", path, "--yes"]).finish()
        #expect(purged.status == 0 && purged.errors.contains("purged 1 dead letter"))
        let both = try await RunningProgram.warren(["dead", "list", "q", "--spool", path]).finish()
        #expect(both.status == 64)
        let none = try await RunningProgram.warren(["dead", "list", "--spool", path + "x"]).finish()
        #expect(none.status == 1 && none.errors.contains("no spool"))
        #expect(!FileManager.default.fileExists(atPath: path + "x"))

        let store = folder.path(of: "warren.db")
        await (try await SQLiteDatabase(path: store)).close()
        let before = try Data(contentsOf: URL(fileURLWithPath: store))
        let slip = try await RunningProgram.warren(["dead", "list", "--spool", store]).finish()
        #expect(slip.status == 1 && slip.output == "")
        let hint = "'\(store)': there is no spool in it; did you mean '\(path)'?"
        #expect(slip.errors == "warren dead list: \(hint)\n")
        #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)

        let again = try await SQLiteSpoolStore(path: path)
        #expect(try await again.entries(after: nil, upTo: 10).map(\.entry.eventID) == ["a"])
        #expect(again.status.parkedCount == 0)
        await again.close()
    }
}

extension BridgeLab {
    fileprivate var spoolPath: String { path("warren.spool.db") }

    /// A bridge that publishes its input, and spools what it cannot.
    fileprivate var spoolingSource: String {
        """
        \(Self.source)
        store: { sqlite: "\(path("warren.db"))" }
        """
    }

    /// How many bytes were written to the spool since it was opened, more or less.
    fileprivate var spoolSize: Int {
        (try? FileManager.default.attributesOfItem(atPath: spoolPath + "-wal"))?[.size] as? Int ?? 0
    }

    /// The numbers of the orders in the spool, in their order; while no bridge runs.
    fileprivate func spooled() async throws -> [Int] {
        let spool = try await SQLiteSpoolStore(path: spoolPath)
        var (numbers, last): ([Int], SpoolPosition?) = ([], nil)
        while case let page = try await spool.entries(after: last, upTo: 1000), let end = page.last {
            for spooled in page {
                let envelope = try JSONSerialization.jsonObject(with: Data(spooled.entry.body)) as? [String: Any]
                numbers.append(try #require((envelope?["data"] as? [String: Any])?["n"] as? Int))
            }
            last = end.position
        }
        await spool.close()
        return numbers
    }
}

private func withLab(_ body: (BridgeLab, _ url: String, FaultProxy) async throws -> Void) async throws {
    try await LocalBroker.shared().withVhost { url in
        let proxy = try FaultProxy(to: url)
        do {
            try await body(try BridgeLab(), url, proxy)
        } catch {
            await proxy.stop()
            throw error
        }
        await proxy.stop()
    }
}
