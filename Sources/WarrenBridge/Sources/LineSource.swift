package import Warren
package import WarrenRuntime

/// Publishes the events in lines of NDJSON, and holds on to each until it is safe.
///
/// Three tasks in a row: one reads, one sends in order, one waits for what became of it and has what is not safe sent
/// again. Events that stay in the process wait for none that go to the broker.
package final class LineSource: Sendable {
    /// How many bytes of events may have been read and not be safe yet; then no more is read.
    private static let capacity = 16 << 20
    /// What an event weighs beyond its bytes.
    private static let overhead = 1 << 10

    private struct Item: Sendable {
        let line: Int
        let weight: Int
        let event: EventEnvelope
    }

    private struct Sent: Sendable {
        let item: Item
        let pending: PendingReceipt
    }

    private struct State {
        var counts = BridgeReport.InputCounts()
        /// Lines read and not safe yet.
        var unsafe: Set<Int> = []
        var holdup: String?
        var failure: BridgeFailure?
        /// Somebody ended the input before its end.
        var isStopped = false
        /// There while events are sent again: nothing new is sent then.
        var hold: StopSignal?
    }

    private let input: InputThread
    private let bus: any EventBus
    private let keepsLocal: @Sendable (_ type: String) -> Bool
    private let whenReady: @Sendable () async -> Void
    private let clock: any RuntimeClock
    private let say: @Sendable (String) -> Void
    private let outgoing = BoundedChannel<Item>(capacity: capacity)
    private let underWay = BoundedChannel<Sent>(capacity: capacity)
    private let state = Locked(State())

    /// - Parameters:
    ///   - input: where lines come from.
    ///   - bus: where events go.
    ///   - keepsLocal: whether events of a type stay in the process.
    ///   - whenReady: returns when events may go to the broker.
    ///   - clock: measures how long to wait before sending again.
    ///   - say: takes a line for people.
    package init(
        _ input: InputThread,
        to bus: any EventBus,
        keepsLocal: @escaping @Sendable (_ type: String) -> Bool,
        whenReady: @escaping @Sendable () async -> Void,
        clock: any RuntimeClock,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.input = input
        self.bus = bus
        self.keepsLocal = keepsLocal
        self.whenReady = whenReady
        self.clock = clock
        self.say = say
    }

    /// What came of the lines so far.
    package var counts: BridgeReport.InputCounts { state.withLock { $0.counts } }

    /// Lines that were read and are not known to be safe.
    package var unsafeLines: LineRanges {
        var ranges = LineRanges()
        for line in state.withLock({ $0.unsafe }).sorted() { ranges.append(line) }
        return ranges
    }

    /// Publishes every line, and returns when all of them are safe.
    ///
    /// Cancelled, it gives up what is not safe yet.
    ///
    /// - Throws: why the input cannot be read to its end, or why nothing can ever be published.
    package func run() async throws(BridgeFailure) {
        await withTaskGroup { group in
            group.addTask {
                await self.read()
                self.outgoing.close()
            }
            group.addTask {
                await self.send()
                self.outgoing.close()
                self.underWay.close()
            }
            group.addTask {
                await self.seeSafe()
                self.underWay.close()
            }
        }
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    /// Reads no more; what was read is still seen safe.
    package func stop() {
        state.withLock { $0.isStopped = true }
        input.stop()
    }

    // MARK: - Reading

    private func read() async {
        var splitter = LineSplitter(limit: EventLine.maximumLength)
        var number = 0
        while !Task.isCancelled {
            var lines: [LineSplitter.Line] = []
            var isAtEnd = false
            switch await input.next() {
            case .bytes(let bytes): splitter.feed(bytes) { lines.append($0) }
            case .end:
                // A line that a stop has cut in two was not read.
                if let last = splitter.finish(), !state.withLock({ $0.isStopped }) { lines.append(last) }
                isAtEnd = true
            case .failed(let error):
                fail(BridgeFailure(.failed, "cannot read the input: \(SystemError.reason(error.code))"))
                isAtEnd = true
            }
            for line in lines {
                number += 1
                guard await take(line, number) else { return }
            }
            if isAtEnd { return }
        }
    }

    /// - Returns: whether there is any sense in going on.
    private func take(_ line: LineSplitter.Line, _ number: Int) async -> Bool {
        let event: EventEnvelope
        do throws(EventError) {
            guard let read = try EventLine.event(in: line, source: bus.service) else { return true }
            event = read
        } catch {
            refuse(number, error.message)
            return true
        }
        let length = if case .text(let bytes) = line { bytes.count } else { 0 }
        let item = Item(line: number, weight: length + Self.overhead, event: event)
        state.withLock { state in
            state.counts.accepted += 1
            state.unsafe.insert(number)
        }
        guard keepsLocal(event.eventType) else { return await outgoing.bring(item, weight: item.weight) }
        while let pending = await sendUntilTaken(item) {
            if await see(Sent(item: item, pending: pending)) { return true }
        }
        return false
    }

    // MARK: - Sending

    private func send() async {
        var isReady = false
        while case let items = await outgoing.takeAll(), !items.isEmpty {
            // Not before there is something to send: without it nobody has to wait for a broker that is away.
            if !isReady { await whenReady() }
            isReady = true
            for item in items {
                await state.withLock { $0.hold }?.wait()
                guard let pending = await sendUntilTaken(item) else { return }
                guard await underWay.bring(Sent(item: item, pending: pending), weight: item.weight) else { return }
            }
        }
    }

    /// Tries until the bus takes the event.
    ///
    /// - Returns: the publish under way; `nil` when nothing can ever be published, or the task is cancelled.
    private func sendUntilTaken(_ item: Item) async -> PendingReceipt? {
        var attempt = 0
        while !Task.isCancelled {
            do {
                return try await bus.send(item.event)
            } catch {
                switch error.code {
                case .invalidEvent:
                    retract(item, error.message)
                    return PendingReceipt { () throws(EventBusError) in throw error }
                case .closed:
                    fail(BridgeFailure(.unavailable, error.message))
                    return nil
                case .cancelled:
                    return nil
                case .timedOut:
                    // Handlers in this process have it, and are slow.
                    return PendingReceipt(.local)
                default:
                    holdUp(error.message)
                }
            }
            attempt += 1
            await pause(attempt)
        }
        return nil
    }

    /// Waits before something is sent again; the longer, the more often it was in vain.
    private func pause(_ attempt: Int) async {
        let backoff = Backoff(initial: .milliseconds(50), maximum: .seconds(5))
        try? await clock.sleep(until: clock.now.advanced(by: backoff.delay(attempt: attempt)))
    }

    // MARK: - Seeing it safe

    private func seeSafe() async {
        while case let batch = await underWay.takeAll(), !batch.isEmpty {
            let failed = await see(batch)
            guard !failed.isEmpty else { continue }
            let hold = StopSignal()
            state.withLock { $0.hold = hold }
            let goesOn = await sendAgain(failed)
            state.withLock { $0.hold = nil }
            hold.stop()
            guard goesOn else { return }
        }
    }

    /// Sends events again until all of them are safe: one alone, then twice as many each time, but those that were in vain
    /// again one by one.
    ///
    /// A broker that will never take an event closes the channel, and of all that were on it nobody knows which it was.
    /// Sent alone the event at fault is found out, and the channel is closed no more often than need be: each time it
    /// takes longer until there is another.
    ///
    /// - Returns: whether there is any sense in going on.
    private func sendAgain(_ items: [Item]) async -> Bool {
        var left = items
        var (size, attempt) = (1, 1)
        // How many, from the first on, go alone.
        var suspects = 0
        await pause(attempt)
        while !left.isEmpty {
            // Nothing is alone while something has no answer that was sent before.
            left += await see(underWay.takeNow())
            let count = suspects > 0 ? 1 : size
            var batch: [Sent] = []
            for item in left.prefix(count) {
                state.withLock { $0.counts.resent += 1 }
                guard let pending = await sendUntilTaken(item) else { return false }
                batch.append(Sent(item: item, pending: pending))
            }
            let failed = await see(batch, areAlone: count == 1)
            left.replaceSubrange(..<batch.count, with: failed)
            if failed.isEmpty {
                if suspects > 0 { suspects -= 1 } else { size *= 2 }
                attempt = 0
                continue
            }
            if count > 1 { (suspects, size) = (failed.count, 1) }
            // A queue that is full refuses at once, for as long as it is.
            attempt += 1
            await pause(attempt)
        }
        return true
    }

    /// - Returns: the events that have to be sent again.
    private func see(_ batch: [Sent], areAlone: Bool = false) async -> [Item] {
        var failed: [Item] = []
        for sent in batch where await !see(sent, isAlone: areAlone) { failed.append(sent.item) }
        return failed
    }

    /// Waits for what became of an event.
    ///
    /// - Parameters:
    ///   - sent: the event.
    ///   - isAlone: whether nothing else was sent meanwhile, so that what the broker says was said of it.
    /// - Returns: whether the event needs no more care.
    private func see(_ sent: Sent, isAlone: Bool = false) async -> Bool {
        do {
            let receipt = try await sent.pending.receipt
            let wasHeldUp = state.withLock { state in
                state.unsafe.remove(sent.item.line)
                switch receipt {
                case .local: state.counts.keptLocal += 1
                case .spooled: state.counts.spooled += 1
                case .confirmed(let routed):
                    state.counts.confirmed += 1
                    if !routed { state.counts.unrouted += 1 }
                }
                defer { state.holdup = nil }
                return state.holdup != nil
            }
            if wasHeldUp { say("events are taken again") }
            return true
        } catch {
            if error.code == .invalidEvent || isAlone && error.isForGood {
                retract(sent.item, error.message)
                return true
            }
            guard !Task.isCancelled else { return true }
            holdUp(error.message)
            return false
        }
    }

    // MARK: - What went wrong

    private func refuse(_ line: Int, _ reason: String) {
        state.withLock { $0.counts.bad.append(line) }
        say("line \(line): \(reason)")
    }

    /// An event that was counted as accepted turns out to be none that can be published.
    private func retract(_ item: Item, _ reason: String) {
        let isNew = state.withLock { state in
            guard state.unsafe.remove(item.line) != nil else { return false }
            state.counts.accepted -= 1
            return true
        }
        if isNew { refuse(item.line, reason) }
    }

    /// Said once until something goes through again.
    private func holdUp(_ reason: String) {
        let isNew = state.withLock { state in
            defer { state.holdup = reason }
            return state.holdup == nil
        }
        if isNew { say("events are not taken now, the input is held back: \(reason)") }
    }

    private func fail(_ failure: BridgeFailure) {
        state.withLock { $0.failure = $0.failure ?? failure }
        stop()
    }
}
