internal import WarrenRuntime

/// Where events go into the spool: in the order in which they come, and all that come at a time with one commit.
final class SpoolInlet: Sendable {
    /// An event on its way into the spool.
    final class Arrival: Sendable {
        let entry: SpoolEntry
        private let outcome = Locked<Result<PublishReceipt, EventBusError>?>(nil)
        private let isOver = StopSignal()

        init(_ entry: SpoolEntry) {
            self.entry = entry
        }

        func end(_ result: Result<PublishReceipt, EventBusError>) {
            outcome.withLock { $0 = result }
            isOver.stop()
        }

        /// Waits until it is in the spool.
        ///
        /// - Throws: why it is not; `unknown` when that is not known by the deadline, or the task was cancelled.
        func receipt(
            until deadline: MonotonicTime,
            clock: any RuntimeClock
        ) async throws(EventBusError) -> PublishReceipt {
            if outcome.withLock({ $0 == nil }) { _ = await isOver.sleep(until: deadline, clock: clock) }
            if let outcome = outcome.withLock({ $0 }) { return try outcome.get() }
            let late = "it was not written in time, which happens only while the bus runs"
            let reason = Task.isCancelled ? "the wait for it was cancelled" : late
            throw EventBusError(
                .unknown,
                "nobody knows whether the event '\(entry.eventType)' \(entry.eventID) is in the spool: \(reason)"
            )
        }
    }

    /// How many bytes may be on their way.
    private static let capacity = 16 << 20
    /// What an event weighs beyond its bytes.
    private static let overhead = 1 << 10

    private let store: any SpoolStore
    private let reports: BusReports
    private let arrivals = BoundedChannel<Arrival>(capacity: capacity)

    init(_ store: any SpoolStore, _ reports: BusReports) {
        self.store = store
        self.reports = reports
    }

    /// Takes an event; waits for room until the deadline.
    ///
    /// - Returns: whether it is on its way.
    func take(_ arrival: Arrival, until deadline: MonotonicTime, clock: any RuntimeClock) async -> Bool {
        let weight = arrival.entry.size + Self.overhead
        if arrivals.bringNow(arrival, weight: weight) { return true }
        return await withTaskGroup(of: Bool.self) { [arrivals] group in
            group.addTask { await arrivals.bring(arrival, weight: weight) }
            group.addTask {
                try? await clock.sleep(until: deadline)
                return false
            }
            let first = await group.next() ?? false
            group.cancelAll()
            // It may have got in at the last moment.
            return await group.next().map { $0 || first } ?? first
        }
    }

    /// Nothing more is taken; what is on its way still gets there.
    func close() {
        arrivals.close()
    }

    /// Writes what comes, until the inlet is closed.
    ///
    /// - Parameter whenWritten: called with the number of events that are in the spool, or never will be.
    func run(_ whenWritten: (_ count: Int) -> Void) async {
        while case let batch = await arrivals.takeAll(), !batch.isEmpty {
            await write(batch)
            whenWritten(batch.count)
        }
    }

    private func write(_ batch: [Arrival]) async {
        do throws(StorageError) {
            try await store.append(contentsOf: batch.map(\.entry))
            reports.add(.spooled, batch.count)
            for arrival in batch { arrival.end(.success(.spooled)) }
        } catch {
            // All or none: at the bound, as many as fit.
            if batch.count > 1, error.code == .boundReached || error.code == .full {
                for arrival in batch { await write([arrival]) }
            } else {
                for arrival in batch { arrival.end(.failure(EventBusError(spooling: arrival.entry, error))) }
            }
        }
    }
}

extension EventBusError {
    /// Why an event is not in the spool, or may not be.
    fileprivate init(spooling entry: SpoolEntry, _ error: StorageError) {
        let event = "the event '\(entry.eventType)' \(entry.eventID)"
        switch error.code {
        case .closed: self = .busHasEnded
        case .unknown, .failed:
            self.init(.unknown, "nobody knows whether \(event) is in the spool: \(error.message)")
        default:
            let reason = "there is no way to the broker, and the spool does not take \(event)"
            self.init(.unavailable, "\(reason): \(error.message)")
        }
    }
}
