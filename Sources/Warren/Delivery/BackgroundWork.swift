package import WarrenRuntime

/// The work that a bus does while it runs; it may be added before and during the run.
package final class BackgroundWork: Sendable {
    private typealias Job = @Sendable () async -> Void

    private struct State {
        var nextID = 0
        var stops: [Int: @Sendable () -> Void] = [:]
        var hasRun = false
        var isStopped = false
    }

    private let state = Locked(State())
    private let (jobs, continuation) = AsyncStream.makeStream(of: Job.self)

    package init() {}

    package var isStopped: Bool { state.withLock { $0.isStopped } }

    /// Adds a job: it begins when the bus runs.
    ///
    /// - Parameters:
    ///   - run: ends by itself, or after `stop`.
    ///   - stop: asks it to end; called at most once.
    package func add(run: @escaping @Sendable () async -> Void, stop: @escaping @Sendable () -> Void) {
        let id = state.withLock { state -> Int? in
            guard !state.isStopped else { return nil }
            state.nextID += 1
            state.stops[state.nextID] = stop
            return state.nextID
        }
        guard let id else { return stop() }
        // What waits for the run is held by this very object.
        continuation.yield { [weak self] in
            await run()
            self?.state.withLock { _ = $0.stops.removeValue(forKey: id) }
        }
    }

    /// Runs the jobs until the task is cancelled; then asks them to end, and waits as long as `grace` has it.
    ///
    /// - Returns: `false` when it was called before.
    package func run(grace: Duration, clock: any RuntimeClock) async -> Bool {
        let isFirst = state.withLock { state in
            defer { state.hasRun = true }
            return !state.hasRun
        }
        guard isFirst else { return false }
        _ = await gracefully(grace, clock: clock, stop: { self.stop() }, work: { await self.runJobs() })
        return true
    }

    private func runJobs() async {
        await withDiscardingTaskGroup { group in
            for await job in jobs { group.addTask { await job() } }
        }
    }

    package func stop() {
        let stops = state.withLock { state in
            state.isStopped = true
            defer { state.stops = [:] }
            return Array(state.stops.values)
        }
        continuation.finish()
        for stop in stops { stop() }
    }
}
