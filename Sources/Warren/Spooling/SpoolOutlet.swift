internal import WarrenRuntime

/// Where events leave the spool: in their order, each until the broker has it, or never will.
///
/// A broker that will never take an event may close the channel, and of all that were on it nobody knows which it was.
/// So after each failure one event goes alone, then twice as many each time: the one at fault is found out, and parked.
struct SpoolOutlet: Sendable {
    /// The most events that go out at a time.
    private static let largestBatch = 256

    private let spooler: Spooler
    private let way: Spooler.Way

    init(_ spooler: Spooler, _ way: Spooler.Way) {
        self.spooler = spooler
        self.way = way
    }

    private var store: any SpoolStore { spooler.store }
    private var stopping: StopSignal { spooler.stopping }

    /// Sends what is in the spool, until nothing is or the spooler is stopped.
    func empty() async {
        var size = 1
        var pause = Pause(spooler)
        while !stopping.isStopped {
            await way.opens(stopping)
            guard !stopping.isStopped else { return }
            do throws(StorageError) {
                let entries = try await store.entries(after: nil, upTo: size)
                if entries.isEmpty { return }
                guard let trouble = try await send(entries) else {
                    size = min(size * 2, Self.largestBatch)
                    pause = Pause(spooler)
                    continue
                }
                size = 1
                await pause(because: trouble.message)
            } catch {
                await pause(because: error.message)
            }
        }
    }

    /// - Returns: what the first of those ran into that are still to be sent.
    private func send(_ entries: [SpooledEntry]) async throws(StorageError) -> EventBusError? {
        var trouble: EventBusError?
        var underWay: [(SpooledEntry, PendingReceipt)] = []
        for spooled in entries {
            do throws(EventBusError) {
                underWay.append((spooled, try await way.send(spooled.entry)))
            } catch {
                guard error.code == .invalidEvent else {
                    trouble = error
                    break
                }
                try await park(spooled, error.message)
            }
        }
        var confirmed: [SpoolPosition] = []
        for (spooled, pending) in underWay {
            do throws(EventBusError) {
                _ = try await pending.receipt
                confirmed.append(spooled.position)
            } catch {
                if error.isForGood || error.code == .unroutable {
                    try await park(spooled, error.message)
                } else {
                    trouble = trouble ?? error
                }
            }
        }
        await remove(confirmed)
        return trouble
    }

    /// The broker has them: as long as they are in the spool, they must not go out again.
    private func remove(_ positions: [SpoolPosition]) async {
        var pause = Pause(spooler)
        while !positions.isEmpty {
            do throws(StorageError) {
                return try await store.remove(positions)
            } catch {
                await pause(because: error.message)
                if stopping.isStopped { return }
            }
        }
    }

    private func park(_ spooled: SpooledEntry, _ reason: String) async throws(StorageError) {
        try await store.park(spooled.position, reason: reason)
        spooler.reports.add(.parked)
        spooler.reports.tell(
            .init(.parked, spooled.entry.eventType, eventID: spooled.entry.eventID, reason: reason)
        )
    }

    /// Waits that become longer; each new reason for them is told.
    private struct Pause {
        private let spooler: Spooler
        private var attempt = 0
        private var told: String?

        init(_ spooler: Spooler) {
            self.spooler = spooler
        }

        mutating func callAsFunction(because reason: String) async {
            if reason != told { spooler.tell(.spooling, reason) }
            told = reason
            attempt += 1
            let backoff = Backoff(initial: .milliseconds(50), maximum: .seconds(5))
            let end = spooler.clock.now.advanced(by: backoff.delay(attempt: attempt))
            _ = await spooler.stopping.sleep(until: end, clock: spooler.clock)
        }
    }
}
