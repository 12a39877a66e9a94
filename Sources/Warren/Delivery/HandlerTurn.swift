internal import WarrenRuntime

/// The turns of one worker's handlers, one after the other: what each holds of the permits of its subscription and of its
/// bus.
final class HandlerTurn: Sendable {
    private let own: HandlerPermits?
    /// Those of the bus.
    private let shared: HandlerPermits
    /// Whether the handler at work has the bus to itself; not any more once it has overrun.
    private let isAlone = Locked(false)

    init(_ own: HandlerPermits?, _ shared: HandlerPermits) {
        self.own = own
        self.shared = shared
    }

    /// - Returns: whether it is its turn; otherwise there is something to wait for.
    func beginAtOnce() -> Bool {
        own == nil && shared.acquireAtOnce()
    }

    /// Waits for a turn.
    ///
    /// - Parameter alone: whether no other handler of the bus is to run meanwhile, but for those that have overrun.
    /// - Returns: whether it has come; not when the task was cancelled first.
    func begin(alone: Bool = false) async -> Bool {
        // First the subscription's own: who waits for one of those keeps nobody else from running.
        if let own, await !own.acquire() { return false }
        guard await shared.acquire(alone: alone) else {
            own?.release()
            return false
        }
        if alone { isAlone.withLock { $0 = true } }
        return true
    }

    /// Ends a turn.
    ///
    /// - Parameters:
    ///   - isInTime: whether the handler has not overrun.
    ///   - wasAlone: as it was begun.
    func end(inTime isInTime: Bool = true, alone wasAlone: Bool = false) {
        shared.release(alone: wasAlone && endsAlone(), overdue: !isInTime)
        own?.release()
    }

    /// The handler at work has overrun, and may never return: it keeps its permit, but nobody waits for it to be alone.
    func overran() {
        shared.overran(alone: endsAlone())
    }

    private func endsAlone() -> Bool {
        isAlone.withLock { isAlone in
            defer { isAlone = false }
            return isAlone
        }
    }
}
