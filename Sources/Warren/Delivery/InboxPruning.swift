internal import WarrenRuntime

/// Has an inbox forget what is old enough: when a bus begins to run, and every hour from then on.
package final class InboxPruning: Sendable {
    static let interval = Duration.seconds(3600)

    private let inbox: any InboxStore
    private let clock: any RuntimeClock
    private let reports: BusReports
    private let stopping = StopSignal()

    private init(_ inbox: any InboxStore, _ clock: any RuntimeClock, _ reports: BusReports) {
        self.inbox = inbox
        self.clock = clock
        self.reports = reports
    }

    /// Makes it part of a bus's work, where the bus has an inbox.
    package static func add(to work: BackgroundWork, _ surroundings: WorkerPool.Surroundings) {
        guard let inbox = surroundings.inbox else { return }
        let pruning = InboxPruning(inbox, surroundings.clock, surroundings.reports)
        work.add(run: { await pruning.run() }, stop: { pruning.stopping.stop() })
    }

    private func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                var isDue = true
                while isDue {
                    await self.prune()
                    let next = self.clock.now.advanced(by: Self.interval)
                    isDue = await self.stopping.sleep(until: next, clock: self.clock)
                }
            }
            // What takes long is not waited for at the end.
            await self.stopping.wait()
            group.cancelAll()
        }
    }

    private func prune() async {
        do throws(StorageError) {
            try await inbox.prune()
        } catch {
            guard !stopping.isStopped else { return }
            reports.tell(.init(.inboxFailed, "inbox", reason: "what is old was not forgotten: \(error)"))
        }
    }
}
