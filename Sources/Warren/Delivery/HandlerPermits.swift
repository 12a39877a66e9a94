internal import WarrenRuntime

/// So many handlers may run at a time; whoever waits longest is next.
package final class HandlerPermits: Sendable {
    private struct State {
        var free: Int
        var nextID = 0
        var waiters: [(id: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    }

    private let state: Locked<State>
    private let count: Int
    /// Those that hold in the place of these.
    private let successor = Locked<HandlerPermits?>(nil)

    package init(_ count: Int) {
        self.count = count
        state = Locked(State(free: count))
    }

    /// Lets two buses share as many as the larger one has, from the next run on.
    static func unite(_ first: HandlerPermits, _ second: HandlerPermits) {
        let (first, second) = (first.current, second.current)
        guard first !== second else { return }
        let shared = HandlerPermits(max(first.count, second.count))
        for permits in [first, second] { permits.successor.withLock { $0 = shared } }
    }

    /// Those that hold for whoever begins to work now.
    var current: HandlerPermits { successor.withLock { $0 }?.current ?? self }

    /// How many may begin at once.
    var free: Int { state.withLock { $0.free } }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Waits for a permit.
    ///
    /// - Returns: whether there is one; not when the task was cancelled first.
    func acquire() async -> Bool {
        let isFree = state.withLock { state in
            guard state.free > 0 else { return false }
            state.free -= 1
            return true
        }
        return isFree ? true : await waitForOne()
    }

    func release() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            guard !state.waiters.isEmpty else {
                state.free += 1
                return nil
            }
            return state.waiters.removeFirst().continuation
        }
        next?.resume(returning: true)
    }

    private func waitForOne() async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    guard state.free == 0 else {
                        state.free -= 1
                        return true
                    }
                    state.waiters.append((id, continuation))
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Bool, Never>? in
                guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return nil }
                return state.waiters.remove(at: index).continuation
            }
            waiter?.resume(returning: false)
        }
    }
}
