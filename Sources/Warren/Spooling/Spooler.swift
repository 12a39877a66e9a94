package import WarrenRuntime

/// Keeps what a bus publishes safe while there is no way to its broker: in a spool, from where it goes out in its order.
///
/// An event that was sent and never answered goes into the spool too, and may reach the broker twice then, with the same
/// id.
package final class Spooler: Sendable {
    /// How events get to the broker.
    package struct Way: Sendable {
        /// Sends an event from the spool.
        package var send: @Sendable (SpoolEntry) async throws(EventBusError) -> PendingReceipt
        /// Returns when events may go out, or the signal comes.
        package var opens: @Sendable (StopSignal) async -> Void

        package init(
            send: @escaping @Sendable (SpoolEntry) async throws(EventBusError) -> PendingReceipt,
            opens: @escaping @Sendable (StopSignal) async -> Void
        ) {
            self.send = send
            self.opens = opens
        }
    }

    /// How long a publish may wait for its turn before it goes into the spool instead.
    package static let patience = Duration.seconds(1)
    /// How long the end waits for those whose events the broker has not answered.
    private static let lastGrace = Duration.seconds(1)
    /// How often it is looked whether somebody has put anything into the spool: an operator may.
    private static let lookInterval = Duration.seconds(1)

    let store: any SpoolStore
    private let timeout: Duration
    let clock: any RuntimeClock
    let reports: BusReports
    let stopping = StopSignal()
    private let inlet: SpoolInlet
    private let gate: Locked<SpoolGate>
    private let bell = Locked(StopSignal())

    /// `store` keeps the events, and whoever made it closes it; `timeout`: how long a publish waits until it is in there.
    package init(_ store: any SpoolStore, timeout: Duration, clock: any RuntimeClock, reports: BusReports) {
        self.store = store
        self.timeout = timeout
        self.clock = clock
        self.reports = reports
        inlet = SpoolInlet(store, reports)
        gate = Locked(SpoolGate(isEmpty: store.status.count == 0))
    }

    /// Whether everything that was taken has gone out.
    package var isEmpty: Bool { gate.withLock { !$0.isSpooling } }

    // MARK: - Publishing

    /// Sends an event straight to the broker if there is a way, and puts it into the spool if not: when `send` throws
    /// `unavailable`.
    package func send(
        _ entry: @escaping @Sendable () -> SpoolEntry,
        directly send: () async throws(EventBusError) -> PendingReceipt
    ) async throws(EventBusError) -> PendingReceipt {
        let isDirect = gate.withLock { gate in
            guard !gate.isSpooling else { return false }
            gate.beginPublish()
            return true
        }
        if isDirect {
            do {
                let publish = DirectPublish(try await send(), entry, self)
                return PendingReceipt { () async throws(EventBusError) in try await publish.receipt() }
            } catch {
                endPublish()
                guard error.code == .unavailable else { throw error }
                begin(because: error.message)
            }
        }
        reports.add(.published)
        return try await put(entry())
    }

    /// Takes an event into the spool.
    func put(_ entry: SpoolEntry) async throws(EventBusError) -> PendingReceipt {
        let arrival = SpoolInlet.Arrival(entry)
        let deadline = clock.now.advanced(by: timeout)
        if let reason = gate.withLock({ $0.beginArriving() }) { tell(.spooling, reason) }
        ring()
        guard await inlet.take(arrival, until: deadline, clock: clock) else {
            written(1)
            if stopping.isStopped { throw .busHasEnded }
            if Task.isCancelled { throw EventBusError(.cancelled, "the wait for the spool was cancelled") }
            throw EventBusError(.unavailable, "the spool took no event within \(timeout)")
        }
        return PendingReceipt { [clock] () async throws(EventBusError) in
            try await arrival.receipt(until: deadline, clock: clock)
        }
    }

    /// There is no way to the broker now: from here on events go into the spool.
    package func begin(because reason: String) {
        gate.withLock { $0.begin(because: reason) }
        ring()
    }

    func endPublish() {
        gate.withLock { $0.endPublish() }
        // Only the end of the bus waits for it.
        if stopping.isStopped { ring() }
    }

    func tell(_ kind: EventBusEvent.Kind, _ reason: String? = nil) {
        reports.tell(.init(kind, "the spool", reason: reason))
    }

    private func written(_ count: Int) {
        gate.withLock { $0.endArriving(count) }
        ring()
    }

    // MARK: - Running

    /// Empties the spool whenever there is a way, until it is stopped.
    package func run(_ way: Way) async {
        let outlet = SpoolOutlet(self, way)
        if let reason = gate.withLock({ $0.reason }), store.status.count > 0 { tell(.spooling, reason) }
        while !stopping.isStopped {
            let bell = bell.withLock { $0 }
            if gate.withLock({ $0.isSpooling }) {
                await outlet.empty()
                let (hasEnded, hadAny) = gate.withLock { gate in
                    let hadAny = gate.hasTaken
                    return (store.status.count == 0 && gate.end(), hadAny)
                }
                if hasEnded {
                    if hadAny { tell(.spoolEmptied) }
                    continue
                }
            } else if store.status.count > 0 {
                begin(because: "something was put into it")
                continue
            }
            _ = await bell.sleep(until: clock.now.advanced(by: Self.lookInterval), clock: clock)
        }
    }

    /// Writes what comes into the spool, until it is closed; not to be cancelled.
    package func write() async {
        await inlet.run(written)
    }

    /// Nothing more goes out; what comes still goes in.
    package func stop() {
        stopping.stop()
        ring()
    }

    /// Nothing more goes in but what the broker has not answered: whoever waits for that has a moment to put it there.
    package func close() async {
        let deadline = clock.now.advanced(by: Self.lastGrace)
        while clock.now < deadline {
            let bell = bell.withLock { $0 }
            if gate.withLock({ $0.underWay == 0 }) { break }
            _ = await bell.sleep(until: deadline, clock: clock)
        }
        inlet.close()
    }

    /// Something has changed.
    private func ring() {
        bell.withLock { exchange(&$0, with: StopSignal()) }.stop()
    }
}

/// An event that was sent to the broker, and goes into the spool if nobody knows whether it got there.
private final class DirectPublish: Sendable {
    private let pending: PendingReceipt
    private let entry: @Sendable () -> SpoolEntry
    private let spooler: Spooler
    private let spooling = Locked<Task<Result<PublishReceipt, EventBusError>, Never>?>(nil)
    private let hasEnded = Locked(false)

    init(_ pending: PendingReceipt, _ entry: @escaping @Sendable () -> SpoolEntry, _ spooler: Spooler) {
        self.pending = pending
        self.entry = entry
        self.spooler = spooler
    }

    deinit {
        end()
    }

    func receipt() async throws(EventBusError) -> PublishReceipt {
        do {
            let receipt = try await pending.receipt
            end()
            return receipt
        } catch {
            // Only this wait has ended.
            guard error.code == .unknown || error.code == .unavailable, !Task.isCancelled else { throw error }
            return try await spool(after: error).value.get()
        }
    }

    private func end() {
        guard !hasEnded.withLock({ exchange(&$0, with: true) }) else { return }
        spooler.endPublish()
    }

    /// Once, however many wait; and whatever becomes of those.
    private func spool(after error: EventBusError) -> Task<Result<PublishReceipt, EventBusError>, Never> {
        spooling.withLock { spooling in
            if let spooling { return spooling }
            let task = Task { [spooler, entry] () -> Result<PublishReceipt, EventBusError> in
                spooler.begin(because: error.message)
                do throws(EventBusError) {
                    return .success(try await spooler.put(entry()).receipt)
                } catch let failure {
                    let reason = failure.code == .closed ? error.message : "\(error.message); \(failure.message)"
                    return .failure(EventBusError(.unknown, reason))
                }
            }
            spooling = task
            return task
        }
    }
}
