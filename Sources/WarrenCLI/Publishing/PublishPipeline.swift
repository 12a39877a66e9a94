package import Warren
package import WarrenRuntime

/// Publishes lines as they come, many at a time, and reports them in their order.
///
/// One loop over what happens next (a chunk of input, the oldest confirms, a signal, the deadline after it), so that
/// nothing here is shared and nothing needs a lock.
package struct PublishPipeline {
    /// The longest line taken, in bytes.
    package static let maximumLine = 16 << 20
    /// How many events may be on their way before no more input is read.
    private static let maximumInFlight = 10_000

    private struct InFlight: Sendable {
        let line: Int
        let id: String
        let pending: PendingPublish
    }

    /// What there is to publish.
    package enum Work: Sendable {
        case event(EventEnvelope)
        case lines(InputThread)
    }

    private enum Step: Sendable {
        case input(InputThread.Chunk)
        case settled([PublishOutcome])
        case signal(String?)
        case unwritable(OutputThread.Failure)
        case deadline
    }

    private let source: String
    private let console: Console
    /// How long after a signal the outstanding confirms may take.
    private let grace: Duration
    private let send: @Sendable (EventEnvelope) async throws(CommandFailure) -> PendingPublish
    private var splitter = LineSplitter(limit: maximumLine)
    private var line = 0
    private var inFlight: [InFlight] = []
    /// How many of `inFlight`, from the first on, are being waited for.
    private var awaited = 0
    private var isReading = false
    private var isAtEnd = false
    private var report = PublishReport()

    /// Events without a `source` get this one; `send` hands one event to the broker, and throws when no further one can
    /// be sent either.
    package init(
        source: String,
        console: Console,
        grace: Duration = .seconds(10),
        send: @escaping @Sendable (EventEnvelope) async throws(CommandFailure) -> PendingPublish
    ) {
        self.source = source
        self.console = console
        self.grace = grace
        self.send = send
    }

    /// Publishes one event, or every line of an input, until `stop` returns the name of what should end the reading;
    /// returns when the last confirm is there.
    package mutating func run(
        _ work: Work,
        stop: @escaping @Sendable () async -> String?
    ) async -> PublishReport {
        let input: InputThread?
        switch work {
        case .event(let envelope):
            input = nil
            isAtEnd = true
            await publish(envelope, line: 1)
        case .lines(let lines):
            input = lines
        }
        await withTaskGroup(of: Step.self) { group in
            group.addTask { .signal(await stop()) }
            group.addTask { [output = console.output] in .unwritable(await output.failure()) }
            while true {
                startWaiting(in: &group, input)
                guard isReading || awaited > 0, let step = await group.next() else { break }
                await take(step, in: &group)
                if isAtEnd { input?.stop() }
            }
            group.cancelAll()
        }
        await write([])
        return report
    }

    // MARK: - Steps

    private mutating func startWaiting(in group: inout TaskGroup<Step>, _ input: InputThread?) {
        if let input, !isReading, !isAtEnd, inFlight.count < Self.maximumInFlight {
            isReading = true
            group.addTask { .input(await input.next()) }
        }
        if awaited == 0, !inFlight.isEmpty {
            let batch = inFlight.map(\.pending)
            awaited = batch.count
            group.addTask {
                var outcomes: [PublishOutcome] = []
                for pending in batch { outcomes.append(await pending()) }
                return .settled(outcomes)
            }
        }
    }

    private mutating func take(_ step: Step, in group: inout TaskGroup<Step>) async {
        switch step {
        case .input(let chunk):
            isReading = false
            await take(chunk)
        case .settled(let outcomes):
            await settle(outcomes)
        case .signal(let name?):
            stopReading(CommandFailure(.failed, "stopped by \(name)"))
            let grace = grace
            group.addTask {
                try? await Task.sleep(for: grace)
                return .deadline
            }
        case .unwritable(let failure):
            loseOutput(failure)
        case .signal(nil):
            break
        case .deadline:
            settleRest(as: .failed(reason: "no confirm came in time"))
        }
    }

    private mutating func take(_ chunk: InputThread.Chunk) async {
        // What was read before a stop is dropped: the report says where reading ended.
        guard !isAtEnd else { return }
        var lines: [LineSplitter.Line] = []
        switch chunk {
        case .bytes(let bytes):
            splitter.feed(bytes) { lines.append($0) }
        case .end:
            if let last = splitter.finish() { lines.append(last) }
        case .failed(let error):
            stopReading(CommandFailure(.failed, "cannot read the input: \(SystemError.reason(error.code))"))
        }
        for line in lines where report.stopped == nil {
            await take(line)
        }
        if case .end = chunk { isAtEnd = true }
    }

    private mutating func take(_ text: LineSplitter.Line) async {
        line += 1
        do throws(EventError) {
            switch text {
            case .tooLong:
                throw EventError(.invalidEnvelope, "longer than \(Self.maximumLine >> 20) MiB")
            case .text(let bytes):
                // An empty line between two events says nothing wrong.
                guard bytes.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }) else { return }
                var envelope = try EventEnvelope(completing: bytes, source: source)
                envelope.further.remove(TailLine.member)
                await publish(envelope, line: line)
            }
        } catch {
            report.badLines.append(line)
            console.say("line \(line): \(error.message)")
        }
    }

    private mutating func publish(_ envelope: EventEnvelope, line: Int) async {
        do {
            let pending = try await send(envelope)
            inFlight.append(InFlight(line: line, id: envelope.eventID, pending: pending))
            report.published += 1
        } catch {
            report.stoppedLine = line
            stopReading(error)
        }
    }

    private mutating func settle(_ outcomes: [PublishOutcome]) async {
        // Nothing is awaited any more when the deadline was faster.
        guard awaited == outcomes.count else { return }
        var ids: [UInt8] = []
        for (event, outcome) in zip(inFlight, outcomes) {
            report.count(outcome, line: event.line)
            guard case .acked = outcome else { continue }
            ids += event.id.utf8
            ids.append(UInt8(ascii: "\n"))
        }
        inFlight.removeFirst(awaited)
        awaited = 0
        await write(ids)
        console.progress("\(report.published) published, \(report.acked) acked")
    }

    private mutating func settleRest(as outcome: PublishOutcome) {
        for event in inFlight { report.count(outcome, line: event.line) }
        inFlight = []
        awaited = 0
    }

    private mutating func stopReading(_ reason: CommandFailure) {
        isAtEnd = true
        report.stopped = report.stopped ?? reason
    }

    /// Prints ids; only when nothing is under way any more does it wait until they are written.
    private mutating func write(_ ids: [UInt8]) async {
        do {
            try await console.output.write(ids)
            if inFlight.isEmpty { try await console.output.flush() }
        } catch {
            loseOutput(error)
        }
    }

    private mutating func loseOutput(_ failure: OutputThread.Failure) {
        if report.stopped == nil { report.isQuiet = failure == .closed }
        stopReading(CommandFailure(failure))
    }
}
