import WarrenRuntime

/// Tells waiting tasks that something has changed, without polling.
final class Bell: Sendable {
    private struct State {
        var rings = 0
        var nextID = 0
        var waiting: [Int: CheckedContinuation<Void, Never>] = [:]
        /// Ids cancelled before their continuation was stored.
        var cancelled: Set<Int> = []
    }

    private let state = Locked(State())

    /// How often it was rung: what a waiter reads *before* it looks at what may change.
    var rings: Int { state.withLock { $0.rings } }

    func ring() {
        let waiting = state.withLock { state in
            state.rings += 1
            let waiting = Array(state.waiting.values)
            state.waiting = [:]
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when it was rung after `rings`, or when the task is cancelled.
    func wait(after rings: Int) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    guard state.rings == rings, state.cancelled.remove(id) == nil else { return true }
                    state.waiting[id] = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { state in
                let continuation = state.waiting.removeValue(forKey: id)
                if continuation == nil { state.cancelled.insert(id) }
                return continuation
            }
            continuation?.resume()
        }
        state.withLock { _ = $0.cancelled.remove(id) }
    }

    /// Looks, and looks again after each ring, until there is a result.
    ///
    /// - Returns: the result, or `nil` when `limit` passes first.
    func first<Result: Sendable>(
        within limit: Duration,
        _ look: () throws -> Result?
    ) async throws -> Result? {
        let deadline = SystemClock().now.advanced(by: limit)
        while true {
            let rings = rings
            if let result = try look() { return result }
            let remaining = SystemClock().now.duration(until: deadline)
            guard remaining > .zero else { return nil }
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.wait(after: rings) }
                group.addTask { try? await Task.sleep(for: remaining) }
                await group.next()
                group.cancelAll()
            }
            try Task.checkCancellation()
        }
    }
}
