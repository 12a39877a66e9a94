extension TerminationSignals {
    private enum Event {
        case ended
        case signalled(TerminationSignal)
    }

    /// Runs `body` in a child task and cancels it when the first signal comes.
    ///
    /// A body that is cancelled so has all the time it takes to end; a second signal ends the process at once.
    ///
    /// - Parameter body: what the process is there for. That it throws `CancellationError` after a signal is no failure.
    /// - Returns: the signal that ended the body, or `nil` when it ended by itself.
    /// - Throws: what the body throws, and `CancellationError` when the calling task is cancelled.
    package func run(_ body: @escaping @Sendable () async throws -> Void) async throws -> TerminationSignal? {
        try await withThrowingTaskGroup(of: Event.self) { group in
            group.addTask {
                try await body()
                return .ended
            }
            group.addTask { .signalled(try await self.wait()) }
            defer { group.cancelAll() }
            guard case .signalled(let signal)? = try await group.next() else { return nil }
            group.cancelAll()
            do {
                _ = try await group.next()
            } catch is CancellationError {}
            return signal
        }
    }
}
