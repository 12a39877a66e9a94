import Testing
import Warren
import WarrenCLI
import WarrenRuntime
import WarrenTesting

@Suite("Publishing lines")
struct PublishPipelineTests {
    /// Runs a pipeline over an input and gives what it printed and said.
    private func run(
        _ input: String,
        send: @escaping @Sendable (EventEnvelope) async throws(CommandFailure) -> PendingPublish
    ) async throws -> (report: PublishReport, output: String, talk: String) {
        let (lines, output, talk) = (try TestPipe(), try TestPipe(), try TestPipe())
        async let printed = output.readAll()
        async let said = talk.readAll()
        let console = Console(output: try OutputThread(descriptor: output.input), talk: talk.input)
        let reading = try InputThread(descriptor: lines.output)
        try IOThread.start(name: "writer") {
            lines.write(input)
            lines.closeInput()
        }
        var pipeline = PublishPipeline(source: "test", console: console, send: send)
        let report = await pipeline.run(.lines(reading), stop: { await never() })
        await console.output.finish()
        output.closeInput()
        talk.closeInput()
        return (report, try await printed, try await said)
    }

    @Test("prints the ids in the order of the input, whichever confirm comes first")
    func order() async throws {
        let lines = (0..<500).map { #"{"event_type":"a.b","event_id":"\#($0)"}"# + "\n" }.joined()
        let (report, output, talk) = try await run(lines) { envelope throws(CommandFailure) in
            let isLate = (Int(envelope.eventID) ?? 0).isMultiple(of: 7)
            return {
                if isLate { await Task.yield() }
                return .acked(routed: !isLate)
            }
        }
        #expect(output == (0..<500).map { "\($0)\n" }.joined())
        #expect(talk == "")
        #expect(report.published == 500 && report.acked == 500 && report.unroutable == 72)
        #expect(report.status == .done)
        #expect(report.summary(after: .milliseconds(427)) == "published 500 events, 500 acked, 72 unroutable, 0.42 s")
    }

    @Test("names bad lines with the reason, and publishes the others")
    func badLines() async throws {
        let input = """
            {"event_type":"a","event_id":"1"}
            nonsense

            {"event_id":"4"}
            {"event_type":"not a type"}
            {"event_type":"a","event_id":"6","data":"\u{1F600}"}
            [1]
            {"event_type":"a","event_id":"8"}
            """
        let (report, output, talk) = try await run(input) { _ throws(CommandFailure) in { .acked(routed: true) } }
        #expect(output == "1\n6\n8\n")
        #expect(
            talk.split(separator: "\n").map { $0.prefix(40) }
                == [
                    "line 2: not JSON: byte 1: expected 'null'", "line 4: event_type is missing",
                    "line 5: the event type 'not a type' has the", "line 7: not a JSON object",
                ].map { $0.prefix(40) }
        )
        #expect(report.badLines.description == "lines 2, 4-5, 7")
        #expect(report.status == .failed)
        #expect(
            report.summary(after: .seconds(61)) == "published 3 events, 3 acked, 0 unroutable, 4 bad lines, 61.00 s"
        )
    }

    @Test("skips a line over 16 MiB and a line that is no UTF-8, and goes on after them")
    func absurdLines() async throws {
        let long = #"{"event_type":"a","data":""# + String(repeating: "x", count: 17 << 20) + "\"}\n"
        let (report, output, talk) = try await run(long + #"{"event_type":"a","event_id":"2"}"#) {
            _ throws(CommandFailure) in
            { .acked(routed: true) }
        }
        #expect(output == "2\n")
        #expect(talk == "line 1: longer than 16320 KiB\n")
        #expect(report.badLines.description == "line 1")
    }

    @Test("drops the member that tail adds, and keeps the others")
    func tailMember() async throws {
        let seen = Locked<[EventEnvelope]>([])
        _ = try await run(#"{"event_type":"a","amqp":{"routing_key":"x"},"other":[1]}"#) {
            envelope throws(CommandFailure) in
            seen.withLock { $0.append(envelope) }
            return { .acked(routed: true) }
        }
        #expect(seen.withLock { $0.first?.further.keys } == ["other"])
    }

    @Test("names the lines that were not acked, with the first reason")
    func lost() async throws {
        let lines = (1...6).map { #"{"event_type":"a","event_id":"\#($0)"}"# + "\n" }.joined()
        let (report, output, _) = try await run(lines) { envelope throws(CommandFailure) in
            let id = envelope.eventID
            return { ["2", "3", "5"].contains(id) ? .failed(reason: "no room for \(id)") : .acked(routed: true) }
        }
        #expect(output == "1\n4\n6\n")
        #expect(report.lost.description == "lines 2-3, 5")
        #expect(report.lossReason == "no room for 2")
        #expect(report.status == .failed)
    }

    @Test("stops reading when no event can be sent any more, and still waits for those under way")
    func unavailable() async throws {
        let lines = (1...6).map { #"{"event_type":"a","event_id":"\#($0)"}"# + "\n" }.joined()
        let (report, output, _) = try await run(lines) { envelope throws(CommandFailure) in
            guard envelope.eventID != "3" else { throw CommandFailure(.unavailable, "gone") }
            return { .acked(routed: true) }
        }
        #expect(output == "1\n2\n")
        #expect(report.published == 2 && report.acked == 2)
        #expect(report.stopped == CommandFailure(.unavailable, "gone") && report.stoppedLine == 3)
        #expect(report.status == .failed)
        let first = try await run(lines) { _ throws(CommandFailure) in throw CommandFailure(.unavailable, "gone") }
        #expect(first.report.status == .unavailable)
    }

    @Test("stops at a signal though the input goes on, and gives the confirms under way up after the grace")
    func signal() async throws {
        let (lines, output, talk) = (try TestPipe(), try TestPipe(), try TestPipe())
        let console = Console(output: try OutputThread(descriptor: output.input), talk: talk.input)
        lines.write("{\"event_type\":\"a\"}\n{\"event_type\":\"b\"}\n")
        let (sent, sending) = AsyncStream.makeStream(of: Void.self)
        var pipeline = PublishPipeline(source: "test", console: console, grace: .milliseconds(20)) {
            envelope throws(CommandFailure) in
            if envelope.eventType == "b" { sending.yield() }
            return {
                _ = await never()
                return .acked(routed: true)
            }
        }
        let report = await pipeline.run(
            .lines(try InputThread(descriptor: lines.output)),
            stop: {
                for await _ in sent { break }
                return "SIGTERM"
            }
        )
        await console.output.finish()
        #expect(report.stopped == CommandFailure(.failed, "stopped by SIGTERM"))
        #expect(report.lost.description == "lines 1-2")
        #expect(report.lossReason == "no confirm came in time")
        #expect(report.status == .failed)
    }

    @Test("stops at a signal though a send waits for the broker, and what was sent before it counts")
    func signalWhileSending() async throws {
        let (lines, output, talk) = (try TestPipe(), try TestPipe(), try TestPipe())
        let console = Console(output: try OutputThread(descriptor: output.input), talk: talk.input)
        lines.write("{\"event_type\":\"a\",\"event_id\":\"1\"}\n{\"event_type\":\"b\"}\n{\"event_type\":\"c\"}\n")
        let (waits, waiting) = AsyncStream.makeStream(of: Void.self)
        var pipeline = PublishPipeline(source: "test", console: console) { envelope throws(CommandFailure) in
            guard envelope.eventType == "a" else {
                waiting.yield()
                _ = await never()
                throw CommandFailure(.failed, "cancelled")
            }
            return { .acked(routed: true) }
        }
        let report = await pipeline.run(
            .lines(try InputThread(descriptor: lines.output)),
            stop: {
                for await _ in waits { break }
                return "SIGTERM"
            }
        )
        await console.output.finish()
        output.closeInput()
        #expect(report.stopped == CommandFailure(.failed, "stopped by SIGTERM") && report.stoppedLine == nil)
        #expect(report.published == 1 && report.acked == 1)
        #expect(try await output.readAll() == "1\n")
    }

    @Test("stops at a signal though nobody takes the ids, and gives them up after the grace")
    func signalWhileWriting() async throws {
        let (lines, output, talk) = (try TestPipe(), try TestPipe(), try TestPipe())
        let console = Console(output: try OutputThread(descriptor: output.input), talk: talk.input)
        let id = String(repeating: "x", count: 200)
        try IOThread.start(name: "writer") {
            lines.write(String(repeating: "{\"event_type\":\"a\",\"event_id\":\"\(id)\"}\n", count: 2000))
            lines.closeInput()
        }
        var pipeline = PublishPipeline(source: "test", console: console, grace: .milliseconds(20)) {
            _ throws(CommandFailure) in
            { .acked(routed: true) }
        }
        let report = await pipeline.run(
            .lines(try InputThread(descriptor: lines.output)),
            stop: {
                try? await eventually("the output is full") { output.isFull }
                return "SIGTERM"
            }
        )
        #expect(report.stopped == CommandFailure(.failed, "stopped by SIGTERM") && report.status == .failed)
        output.closeOutput()
        await console.output.finish()
    }

    @Test("ends without a word when nobody reads the ids any more")
    func closedOutput() async throws {
        let (lines, output, talk) = (try TestPipe(), try TestPipe(), try TestPipe())
        output.closeOutput()
        let console = Console(output: try OutputThread(descriptor: output.input), talk: talk.input)
        lines.write("{\"event_type\":\"a\"}\n")
        lines.closeInput()
        var pipeline = PublishPipeline(source: "test", console: console) { _ throws(CommandFailure) in
            { .acked(routed: true) }
        }
        let report = await pipeline.run(
            .lines(try InputThread(descriptor: lines.output)),
            stop: { await never() }
        )
        await console.output.finish()
        #expect(report.isQuiet && report.status == .failed)
    }
}

/// Waits until the task is cancelled.
private func never() async -> String? {
    for await _ in AsyncStream<Void>.makeStream().stream {}
    return nil
}
