internal import Warren
internal import WarrenRuntime

/// A bus whose `run` goes on in a task of its own.
final class RunningBus: Sendable {
    private let outcome = Locked<Result<Void, EventBusError>?>(nil)
    private let task: Locked<Task<Void, Never>?>

    init(_ bus: any EventBus) {
        task = Locked(nil)
        task.withLock { [self] task in
            task = Task {
                let outcome: Result<Void, EventBusError>
                do throws(EventBusError) {
                    try await bus.run()
                    outcome = .success(())
                } catch {
                    outcome = .failure(error)
                }
                self.outcome.withLock { $0 = outcome }
            }
        }
    }

    func cancel() {
        task.withLock { $0 }?.cancel()
    }

    /// Cancels it, and waits for its end.
    ///
    /// - Throws: what `run` threw; ``ConformanceFailure`` when it does not end.
    func stop(within limit: Duration) async throws {
        cancel()
        do {
            try await eventually(within: limit) { outcome.withLock { $0 != nil } }
        } catch {
            throw ConformanceFailure("an end of run() within \(limit) of its cancellation", seen: "it goes on")
        }
        try outcome.withLock { $0 }?.get()
    }
}
