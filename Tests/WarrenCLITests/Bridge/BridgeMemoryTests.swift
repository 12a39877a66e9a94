import Foundation
import Glibc
import Testing
import WarrenTesting

@Suite("warren bridge, without a broker")
struct BridgeMemoryTests {
    private static let memory = """
        service: alone
        events: { eventbus: { type: memory } }
        retry: { max_attempts: 3, initial_delay: 10ms, max_delay: 20ms }
        """

    @Test("each sink gets the events of its types, in order")
    func sinks() async throws {
        let lab = try BridgeLab()
        let configuration = """
            \(Self.memory)
            bridge:
              sources: { stdin: {} }
              sinks:
                - { name: orders, types: ["Order.*"], file: "\(lab.path("orders.ndjson"))" }
                - { name: all, types: ["#"], file: "\(lab.path("all.ndjson"))" }
                - { name: out, types: ["Door.#"], stdout: {} }
            """
        let bridge = try lab.start("alone", configuration)
        var numbers: [Int] = []
        for number in 0..<1000 {
            let type = number % 2 == 0 ? "Order.Created" : "Door.Opened.v2"
            numbers.append(number)
            try await bridge.write(BridgeLab.orders(number..<number + 1, type: type))
        }
        let result = try await bridge.finish()
        #expect(result.status == 0)
        #expect(
            result.errors == """
                'alone' begins
                'alone' ends: read 1000 events, confirmed 0, kept local 1000, orders took 500, all took 1000, out took 500, \
                dead-lettered 0

                """
        )
        #expect(try lab.log("all.ndjson").numbers() == numbers)
        #expect(try lab.log("orders.ndjson").numbers() == numbers.filter { $0 % 2 == 0 })
        let printed = try result.objects()
        #expect(printed.compactMap { ($0["data"] as? [String: Any])?["n"] as? Int } == numbers.filter { $0 % 2 == 1 })
        #expect(printed.first?["event_type"] as? String == "Door.Opened" && printed.first?["version"] as? String == "2")
        #expect(printed.first?["source"] as? String == "alone")
    }

    @Test("what 'warren tail' has added to an event is left out, as by 'warren publish'")
    func aside() async throws {
        let lab = try BridgeLab()
        let configuration = """
            \(Self.memory)
            bridge: { sources: { stdin: {} }, sinks: [{ name: out, types: ["#"], stdout: {} }] }
            """
        let bridge = try lab.start("alone", configuration)
        try await bridge.write(#"{"event_type":"a","amqp":{"routing_key":"x"},"other":[1]}"# + "\n")
        let printed = try await bridge.finish().objects()
        #expect(printed.count == 1 && printed[0]["amqp"] == nil && printed[0]["other"] as? [Int] == [1])
    }

    @Test("a sink that fails is tried as often as the policy says; what is lost with the process is said")
    func retries() async throws {
        let lab = try BridgeLab()
        let configuration = """
            \(Self.memory)
            bridge:
              sources: { stdin: {} }
              sinks:
                - { name: full, types: ["Order.*"], file: /dev/full }
                - { name: all, types: ["#"], file: "\(lab.path("all.ndjson"))" }
            """
        let bridge = try lab.start("alone", configuration)
        try await bridge.write(BridgeLab.orders(0..<5))
        let result = try await bridge.finish()
        #expect(result.status == 1)
        let reason = "sink 'full': '/dev/full': write: No space left on device"
        #expect(result.errors.firstMatch(of: /'alone\.full': event.* failed: .*sink 'full'/) != nil)
        #expect(result.errors.contains(" is a dead letter: SinkFailure: \(reason)\n"))
        #expect(
            result.errors.hasSuffix(
                "warren bridge: 5 events that stay in the process did not get to a sink, and went with it\n"
            )
        )
        let report = try lab.report("alone")
        // Once all together, which is no attempt of any, then each three times.
        #expect((report.published, report.keptLocal, report.failed, report.deadLettered) == (5, 5, 15, 5))
        #expect(report.sinks == ["full": 0, "all": 5])
        #expect(try lab.log("all.ndjson").numbers() == Array(0..<5))
    }

    /// A sink that takes a page and then nothing more, until its pipe is read.
    private func blockingSink(_ pipe: TestPipe) -> String {
        // F_SETPIPE_SZ, which the module does not have (fcntl(2)).
        let pageSize: Int32 = 4096
        _ = fcntl(pipe.input, 1031, pageSize)
        return #"{ name: slow, types: ["Slow.*"], file: "/proc/\#(getpid())/fd/\#(pipe.input)" }"#
    }

    private let large = #"{"event_type":"Slow.Thing","data":"\#(String(repeating: "x", count: 10_000))"}"# + "\n"

    @Test("a slow sink holds the input up only where publishing waits for handlers", arguments: [true, false])
    func asynchronous(_ isAsync: Bool) async throws {
        let lab = try BridgeLab()
        let pipe = try TestPipe()
        let configuration = """
            service: alone
            events: { eventbus: { type: memory, async_enabled: \(isAsync) } }
            bridge:
              sources: { stdin: {} }
              sinks:
                - \(blockingSink(pipe))
                - { name: all, types: ["#"], file: "\(lab.path("all.ndjson"))" }
            """
        let bridge = try lab.start("alone", configuration)
        try await bridge.write(large + BridgeLab.orders(0..<100))
        bridge.endInput()
        let all = lab.log("all.ndjson")
        try await eventually("the sink is stuck") { pipe.isFull }
        try await all.holds(lines: isAsync ? 101 : 1)
        // The first one is still in the sink's hands, so that nothing more may have come.
        #expect(all.count == (isAsync ? 101 : 1))
        async let read = pipe.readAll()
        #expect(try await bridge.ended().status == 0)
        pipe.closeInput()
        #expect(try await read.utf8.count > 10_000)
        #expect(all.count == 101)
    }

    @Test("no more handlers run at a time than there may", arguments: [1, 2])
    func maxHandlers(_ count: Int) async throws {
        let lab = try BridgeLab()
        let pipe = try TestPipe()
        let configuration = """
            service: alone
            events: { eventbus: { type: memory, max_handlers: \(count) } }
            bridge:
              sources: { stdin: {} }
              sinks:
                - \(blockingSink(pipe))
                - { name: all, types: ["Order.*"], file: "\(lab.path("all.ndjson"))" }
            """
        let bridge = try lab.start("alone", configuration)
        try await bridge.write(large)
        try await eventually("the sink is stuck") { pipe.isFull }
        try await bridge.write(BridgeLab.orders(0..<100))
        let all = lab.log("all.ndjson")
        if count == 1 {
            // Published, as the bridge says by what it does next, and in nobody's hands.
            try await bridge.write("no event\n")
            try await bridge.says("line 102: ")
            #expect(all.count == 0)
        } else {
            try await all.holds(lines: 100)
        }
        async let read = pipe.readAll()
        #expect(try await bridge.finish().status == (count == 1 ? 1 : 0))
        pipe.closeInput()
        _ = try await read
        #expect(all.count == 100)
    }

    @Test("a reader that pauses for longer than a handler may take gets each event once, and none is a dead letter")
    func pausing() async throws {
        let lab = try BridgeLab()
        let pipe = try TestPipe()
        let configuration = """
            service: alone
            events: { eventbus: { type: memory, timeout: 1ms } }
            retry: { max_attempts: 2, initial_delay: 10ms }
            bridge: { sources: { stdin: {} }, sinks: [\(blockingSink(pipe))] }
            """
        let bridge = try lab.start("alone", configuration)
        try await bridge.write(large + large)
        try await eventually("the sink is stuck") { pipe.isFull }
        // Said after the sink is stuck, and some milliseconds later.
        try await bridge.write("no event\n")
        try await bridge.says("line 3: ")
        async let read = pipe.readAll()
        let result = try await bridge.finish()
        pipe.closeInput()
        #expect(result.status == 1 && !result.errors.contains(" took too long"))
        #expect(try await read.split(separator: "\n").count == 2)
        let report = try lab.report("alone")
        #expect((report.failed, report.deadLettered, report.sinks["slow"]) == (0, 0, 2))
    }

    @Test("goes on with new files after a rotation when it is sent SIGHUP")
    func rotation() async throws {
        let lab = try BridgeLab()
        let configuration = """
            \(Self.memory)
            bridge: { sources: { stdin: {} }, sinks: [{ name: all, types: ["#"], file: "\(lab.path("all.ndjson"))" }] }
            """
        let bridge = try lab.start("alone", configuration)
        try await bridge.write(BridgeLab.orders(0..<2))
        try await lab.log("all.ndjson").holds(lines: 2)
        try FileManager.default.moveItem(atPath: lab.path("all.ndjson"), toPath: lab.path("all.1"))
        bridge.signal(SIGHUP)
        try await bridge.says("the files of the sinks were opened again")
        try await bridge.write(BridgeLab.orders(2..<5))
        #expect(try await bridge.finish().status == 0)
        #expect(try lab.log("all.1").numbers() == [0, 1])
        #expect(try lab.log("all.ndjson").numbers() == [2, 3, 4])
    }
}
