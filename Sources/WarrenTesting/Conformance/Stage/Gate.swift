internal import WarrenRuntime

/// What handlers of a check wait at until the check opens it, and who is there.
final class Gate: Sendable {
    private struct State {
        var present = 0
        var most = 0
        var arrived = 0
    }

    private let state = Locked(State())
    private let opened = StopSignal()

    /// How many are there now.
    var present: Int { state.withLock { $0.present } }
    /// How many were there at a time, at most.
    var most: Int { state.withLock { $0.most } }
    /// How many have come.
    var arrived: Int { state.withLock { $0.arrived } }

    var isOpen: Bool { opened.isStopped }

    func open() {
        opened.stop()
    }

    /// Waits until it is open.
    ///
    /// - Throws: `CancellationError` when the task is cancelled.
    func pass() async throws {
        enter()
        defer { leave() }
        await opened.wait()
        try Task.checkCancellation()
    }

    /// Waits until it is open, whether the task is cancelled or not.
    func passIgnoringCancellation() async {
        enter()
        defer { leave() }
        let opened = opened
        // A task of its own is not cancelled with this one.
        await Task { await opened.wait() }.value
    }

    /// Counts who is here while `body` goes on.
    func count(_ body: () async throws -> Void) async rethrows {
        enter()
        defer { leave() }
        try await body()
    }

    private func enter() {
        state.withLock { state in
            state.present += 1
            state.arrived += 1
            state.most = max(state.most, state.present)
        }
    }

    private func leave() {
        state.withLock { $0.present -= 1 }
    }
}
