internal import WarrenRuntime

/// An event that somebody waits for, with all that follows from it within the process.
///
/// A handler that publishes does not wait for other handlers, which might wait for it: whoever published first waits for
/// all of them.
package final class Consequences: Sendable {
    /// Those that what the current task publishes belongs to.
    @TaskLocal private static var current: Consequences?

    private struct State {
        /// How many events somebody has to deal with, and the publisher while it adds some.
        var open = 1
    }

    private let state = Locked(State())
    private let over = StopSignal()

    init() {}

    /// Those that the current task's publishes belong to, with one event more; `nil` when there are none or they are over.
    static func joined() -> Consequences? {
        guard let current, current.join() else { return nil }
        return current
    }

    /// Does something whose publishes belong to these.
    func include<Result>(_ body: () async throws -> Result) async rethrows -> Result {
        try await Self.$current.withValue(self, operation: body)
    }

    /// One event more.
    ///
    /// - Returns: whether they were not over before.
    @discardableResult
    func join() -> Bool {
        state.withLock { state in
            guard state.open > 0 else { return false }
            state.open += 1
            return true
        }
    }

    /// One event less.
    func leave() {
        let isOver = state.withLock { state in
            state.open -= 1
            return state.open == 0
        }
        if isOver { over.stop() }
    }

    /// Whether all events are dealt with.
    var areOver: Bool { state.withLock { $0.open == 0 } }

    /// Waits until all events are dealt with, or the task is cancelled.
    func end() async {
        await over.wait()
    }
}
