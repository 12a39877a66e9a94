import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("warren bridge with a store, and events that come twice")
struct BridgeInboxTests {
    @Test("writes once what was published twice, also after a restart")
    func duplicates() async throws {
        try await LocalBroker.shared().withVhost { url in
            let lab = try BridgeLab()
            let configuration = """
                \(lab.sink())
                store: { sqlite: "\(lab.path("sink.db"))" }
                """
            var lines = ""
            for number in 0..<50 {
                lines += #"{"event_id":"id-\#(number)","event_type":"Order.Paid","data":{"n":\#(number)}}"# + "\n"
            }
            for round in 1...2 {
                let sink = try lab.start("sink", configuration, url: url)
                try await sink.says("events are consumed from 'sink.audit'")
                let source = try lab.start("source", BridgeLab.source, url: url)
                try await source.write(lines + lines)
                #expect(try await source.finish().status == 0)
                let marker = "marker-\(round)"
                let last = try lab.start("source", BridgeLab.source, url: url)
                try await last.write(#"{"event_id":"\#(marker)","event_type":"Order.Last","data":{"n":-1}}"# + "\n")
                #expect(try await last.finish().status == 0)
                // What came before it has been seen.
                try await lab.log("audit.ndjson").holds(lines: 50 + round)
                sink.signal(SIGTERM)
                let ended = try await sink.ended()
                // What was sent twice, and in the second round also what the first has left.
                let duplicates = round * 50
                #expect(ended.status == 0 && ended.errors.contains(", duplicates \(duplicates), dead-lettered 0"))
                let report = try lab.report("sink")
                #expect((report.duplicates, report.parked) == (duplicates, 0))
            }
            let numbers = try lab.log("audit.ndjson").numbers()
            #expect(numbers.filter { $0 >= 0 }.sorted() == Array(0..<50))
            #expect(numbers.count == 52)
        }
    }
}
