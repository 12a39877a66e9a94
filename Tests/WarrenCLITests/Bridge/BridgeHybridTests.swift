import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("warren bridge, on the hybrid bus")
struct BridgeHybridTests {
    private static let types = ["secret.login", "hidden.thing", "order.paid", "metrics.cpu"]

    private func id(_ number: Int) -> String { "\(Self.types[number % 4])-id-\(number)-" }

    @Test("what is to stay in the process leaves no byte on the network, and all else does")
    func privacy() async throws {
        let broker = try await LocalBroker.shared()
        try await broker.withVhost { url in
            #expect(try await RunningProgram.python(PublishEndToEndTests.bindQueue, url: url).finish().status == 0)
            let proxy = try FaultProxy(to: url, isRecording: true)
            let lab = try BridgeLab()
            let configuration = """
                service: mixed
                events:
                  eventbus: { type: hybrid }
                  rabbitmq: { url: "${WARREN_URL}" }
                  local_only: ["secret.#"]
                  rules:
                    - { types: ["metrics.#"], route: remote }
                    - { types: ["hidden.*"], route: local }
                bridge:
                  sources: { stdin: {} }
                  sinks:
                    - { name: everything, types: ["#"], file: "\(lab.path("everything.ndjson"))" }
                    - { name: keeper, types: ["secret.*", "hidden.*"], file: "\(lab.path("keeper.ndjson"))" }
                """
            let bridge = try lab.start("mixed", configuration, url: proxy.url)
            let numbers = 0..<400
            for number in numbers {
                let text = #"{"event_id":"\#(id(number))","event_type":"\#(Self.types[number % 4])","data":"x"}"#
                try await bridge.write(text + "\n")
            }
            #expect(try await bridge.finish().status == 0)
            await proxy.stop()

            // Nothing of it is in the bytes, neither in ours nor in the broker's; of all else everything is.
            let bytes = proxy.recordings.map { Data($0.fromClient + $0.fromBroker) }
            func wasSent(_ text: String) -> Bool { bytes.contains { $0.range(of: Data(text.utf8)) != nil } }
            #expect(proxy.bytesFromClients > 10_000)
            #expect(!wasSent("secret") && !wasSent("hidden") && !wasSent("keeper"))
            for number in numbers { #expect(wasSent(id(number)) == (number % 4 > 1)) }

            // Another client sees the same.
            let messages = try await RunningProgram.python(PublishEndToEndTests.readQueue, url: url).finish().objects()
            #expect(
                Set(messages.compactMap { $0["message_id"] as? String }) == Set(numbers.filter { $0 % 4 > 1 }.map(id))
            )
            #expect(messages.count == 200)
            let vhost = String(try #require(url.split(separator: "/").last))
            let queues = try await broker.rabbitmqctl(["list_queues", "-p", vhost, "name"])
            let names: Set<Substring> = [
                "q", "mixed.everything", "mixed.everything.dead", "warren.delay.1000", "warren.delay.2000",
                "warren.retry.dead",
            ]
            #expect(Set(queues.split(separator: "\n")) == names)

            // The sinks have all of it.
            let everything = try lab.log("everything.ndjson").objects().compactMap { $0["event_id"] as? String }
            #expect(everything.count == 400 && Set(everything) == Set(numbers.map(id)))
            let kept = try lab.log("keeper.ndjson").objects().compactMap { $0["event_id"] as? String }
            #expect(kept == numbers.filter { $0 % 4 < 2 }.map(id))
            let report = try lab.report("mixed")
            #expect((report.published, report.confirmed, report.keptLocal) == (400, 200, 200))
            #expect(report.sinks == ["everything": 400, "keeper": 200])
        }
    }

    /// What keeps a broker from taking events.
    enum Trouble: CaseIterable {
        case down
        case blocked
        case stopped
    }

    @Test("events of the process go to their sink at once while the broker is in trouble", arguments: Trouble.allCases)
    func local(_ trouble: Trouble) async throws {
        try await withBreakableBroker { broker, url in
            let lab = try BridgeLab()
            let configuration = """
                service: mixed
                events:
                  eventbus: { type: hybrid }
                  rabbitmq: { url: "${WARREN_URL}" }
                  local_only: ["here.#"]
                bridge:
                  sources: { stdin: {} }
                  sinks: [{ name: near, types: ["here.#"], file: "\(lab.path("near.ndjson"))" }]
                """
            let node = broker.nodes[0]
            switch trouble {
            case .down: try await node.kill()
            case .blocked: try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "0"])
            case .stopped: break
            }
            let bridge = try lab.start("mixed", configuration, url: url)
            try await bridge.says(trouble == .down ? "no connection" : "the connection is open")
            if trouble == .stopped { try node.suspend() }

            let near = lab.log("near.ndjson")
            for number in 0..<500 {
                let far = BridgeLab.orders(number..<number + 1)
                try await bridge.write(far + BridgeLab.orders(number..<number + 1, type: "here.and.now"))
            }
            // Any wait for the broker would take longer than this: a publish has 30 s.
            try await near.holds(lines: 500, within: .seconds(10))
            if trouble == .blocked { try await bridge.says("the broker takes no publishes: low on memory") }

            switch trouble {
            case .down: try await node.restart()
            case .blocked: try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "0.4"])
            case .stopped: try node.resume()
            }
            #expect(try await bridge.finish().status == 0)
            #expect(try near.numbers() == Array(0..<500))
            let report = try lab.report("mixed")
            #expect((report.published, report.confirmed, report.keptLocal) == (1000, 500, 500))
        }
    }
}
