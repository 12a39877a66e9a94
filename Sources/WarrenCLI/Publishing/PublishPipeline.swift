package import Warren
import WarrenBridge
package import WarrenRuntime

/// Publishes lines as they come, many at a time, and reports them in their order.
///
/// One loop over what happens next (a chunk of input, lines sent, the oldest confirms, ids written, a signal, a deadline
/// after it), so that nothing here is shared and nothing needs a lock; and it waits for nothing else, so that a signal is
/// heard at once.
package struct PublishPipeline {
    /// How many events may be on their way before no more input is read.
    private static let maximumInFlight = 10_000
    /// How long after a signal a reader may take to take the last ids.
    private static let readerGrace = Duration.seconds(3)

    /// What there is to publish.
    package enum Work: Sendable {
        case event(EventEnvelope)
        case lines(InputThread)
    }

    private enum Step: Sendable {
        case input(InputThread.Chunk)
        case sent(SentLines)
        case settled([PublishOutcome])
        case written(OutputThread.Failure?)
        case signal(String?)
        case unwritable(OutputThread.Failure)
        case readerIsLate
        case deadline
    }

    private let console: Console
    /// How long after a signal the outstanding confirms may take.
    private let grace: Duration
    private let sender: LineSender
    private let stopping = StopSignal()
    private var splitter = LineSplitter(limit: EventLine.maximumLength)
    private var line = 0
    private var inFlight: [SentLines.InFlight] = []
    /// How many of `inFlight`, from the first on, are being waited for.
    private var awaited = 0
    private var isReading = false
    private var isSending = false
    private var isWriting = false
    /// Whether all ids that were printed are written, or about to be.
    private var isFlushed = true
    private var isAtEnd = false
    private var isReaderLate = false
    private var isGivenUp = false
    private var report = PublishReport()

    /// Events without a `source` get this one; `send` hands one event to the broker, and throws when no further one can
    /// be sent either, or its task is cancelled.
    package init(
        source: String,
        console: Console,
        grace: Duration = .seconds(10),
        send: @escaping @Sendable (EventEnvelope) async throws(CommandFailure) -> PendingPublish
    ) {
        self.console = console
        self.grace = grace
        sender = LineSender(source: source, say: { console.say($0) }, send: send)
    }

    /// Publishes one event, or every line of an input, until `stop` returns the name of what should end the reading;
    /// returns when the last confirm is there.
    package mutating func run(
        _ work: Work,
        stop: @escaping @Sendable () async -> String?
    ) async -> PublishReport {
        await withTaskGroup(of: Step.self) { group in
            group.addTask { .signal(await stop()) }
            group.addTask { [output = console.output] in .unwritable(await output.failure()) }
            var input: InputThread?
            switch work {
            case .event(let envelope):
                isAtEnd = true
                isSending = true
                group.addTask { [sender, stopping] in .sent(await sender.send(envelope, until: stopping)) }
            case .lines(let lines):
                input = lines
            }
            while !isGivenUp {
                startWaiting(in: &group, input)
                guard isBusy, let step = await group.next() else { break }
                take(step, in: &group)
                if isAtEnd { input?.stop() }
            }
            group.cancelAll()
        }
        return report
    }

    // MARK: - Steps

    private var isBusy: Bool { isReading || isSending || awaited > 0 || isWriting }

    private mutating func startWaiting(in group: inout TaskGroup<Step>, _ input: InputThread?) {
        if let input, !isReading, !isSending, !isAtEnd, inFlight.count < Self.maximumInFlight {
            isReading = true
            group.addTask { .input(await input.next()) }
        }
        if awaited == 0, !isWriting, !inFlight.isEmpty {
            let batch = inFlight.map(\.pending)
            awaited = batch.count
            group.addTask {
                var outcomes: [PublishOutcome] = []
                for pending in batch { outcomes.append(await pending()) }
                return .settled(outcomes)
            }
        }
        if !isBusy, !isFlushed { write([], in: &group) }
    }

    private mutating func take(_ step: Step, in group: inout TaskGroup<Step>) {
        switch step {
        case .input(let chunk):
            isReading = false
            take(chunk, in: &group)
        case .sent(let sent):
            isSending = false
            take(sent)
        case .settled(let outcomes):
            settle(outcomes, in: &group)
        case .written(let failure):
            isWriting = false
            if let failure { loseOutput(failure) }
        case .signal(let name?):
            stopReading(CommandFailure(.failed, "stopped by \(name)"))
            add(.deadline, after: grace, to: &group)
            add(.readerIsLate, after: min(grace, Self.readerGrace), to: &group)
        case .unwritable(let failure):
            loseOutput(failure)
        case .signal(nil):
            break
        case .readerIsLate:
            isReaderLate = true
        case .deadline:
            settleRest(as: .failed(reason: "no confirm came in time"))
            isGivenUp = true
        }
        // Every event has its answer, and only whoever reads the ids does not take them.
        if isReaderLate, isWriting, !isSending, inFlight.isEmpty { isGivenUp = true }
        if isGivenUp, isWriting { loseOutput(.cancelled) }
    }

    private func add(_ step: Step, after delay: Duration, to group: inout TaskGroup<Step>) {
        group.addTask {
            try? await Task.sleep(for: delay)
            return step
        }
    }

    private mutating func take(_ chunk: InputThread.Chunk, in group: inout TaskGroup<Step>) {
        // What was read before a stop is dropped: the report says where reading ended.
        guard !isAtEnd else { return }
        var lines: [LineSplitter.Line] = []
        switch chunk {
        case .bytes(let bytes):
            splitter.feed(bytes) { lines.append($0) }
        case .end:
            if let last = splitter.finish() { lines.append(last) }
            isAtEnd = true
        case .failed(let error):
            stopReading(CommandFailure(.failed, "cannot read the input: \(SystemError.reason(error.code))"))
        }
        guard !lines.isEmpty else { return }
        isSending = true
        let first = line + 1
        line += lines.count
        group.addTask { [sender, stopping, lines] in .sent(await sender.send(lines, first: first, until: stopping)) }
    }

    private mutating func take(_ sent: SentLines) {
        inFlight += sent.inFlight
        report.published += sent.inFlight.count
        for line in sent.badLines { report.badLines.append(line) }
        guard let (line, failure) = sent.failure else { return }
        // What ended the sending from outside was told already.
        if report.stopped == nil { report.stoppedLine = line }
        stopReading(failure)
    }

    private mutating func settle(_ outcomes: [PublishOutcome], in group: inout TaskGroup<Step>) {
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
        write(ids, in: &group)
        console.progress("\(report.published) published, \(report.acked) acked")
    }

    private mutating func settleRest(as outcome: PublishOutcome) {
        for event in inFlight { report.count(outcome, line: event.line) }
        inFlight = []
        awaited = 0
    }

    private mutating func stopReading(_ reason: CommandFailure) {
        isAtEnd = true
        stopping.stop()
        report.stopped = report.stopped ?? reason
    }

    /// Prints ids; only when nothing is under way any more are they waited for until they are written.
    private mutating func write(_ ids: [UInt8], in group: inout TaskGroup<Step>) {
        isWriting = true
        isFlushed = inFlight.isEmpty
        group.addTask { [output = console.output, isFlushed] in
            do throws(OutputThread.Failure) {
                try await output.write(ids)
                if isFlushed { try await output.flush() }
                return .written(nil)
            } catch {
                return .written(error)
            }
        }
    }

    private mutating func loseOutput(_ failure: OutputThread.Failure) {
        if report.stopped == nil { report.isQuiet = failure == .closed }
        stopReading(CommandFailure(failure))
    }
}
