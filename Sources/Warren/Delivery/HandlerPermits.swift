internal import WarrenRuntime

/// So many handlers may run at a time, or one alone; whoever waits longest is next.
package final class HandlerPermits: Sendable {
    private typealias Waiter = CheckedContinuation<Bool, Never>

    private struct State {
        var free: Int
        /// Whether somebody runs alone.
        var isReserved = false
        /// How many have taken longer than they may; nobody waits for those to be alone.
        var overdue = 0
        var nextID = 0
        var waiters: [(id: Int, alone: Bool, continuation: Waiter)] = []

        /// Takes a permit if there is one for whoever is next.
        mutating func take(alone: Bool, of count: Int) -> Bool {
            guard !isReserved, free > 0, !alone || free + max(0, overdue) >= count else { return false }
            free -= 1
            isReserved = alone
            return true
        }

        /// Takes those for whom there are permits from the line.
        mutating func takeNext(of count: Int) -> [Waiter] {
            var next: [Waiter] = []
            // Nobody overtakes who waits to be alone, or it would wait for ever.
            while let first = waiters.first, take(alone: first.alone, of: count) {
                next.append(waiters.removeFirst().continuation)
            }
            return next
        }
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
    var free: Int { state.withLock { $0.isReserved ? 0 : $0.free } }

    /// How many wait.
    var waiting: Int { state.withLock { $0.waiters.count } }

    /// Waits for a permit.
    ///
    /// - Parameter alone: whether nobody else is to have one meanwhile.
    /// - Returns: whether there is one; not when the task was cancelled first.
    func acquire(alone: Bool = false) async -> Bool {
        acquireAtOnce(alone: alone) ? true : await waitForOne(alone)
    }

    /// - Returns: whether there is a permit, and nobody waits for one.
    func acquireAtOnce(alone: Bool = false) -> Bool {
        state.withLock { state in state.waiters.isEmpty && state.take(alone: alone, of: count) }
    }

    /// Gives a permit back.
    ///
    /// - Parameters:
    ///   - alone: whether its holder is still alone.
    ///   - overdue: whether its holder was, or is yet to be, reported as ``overran(alone:)``.
    func release(alone: Bool = false, overdue: Bool = false) {
        change { state in
            state.free += 1
            if alone { state.isReserved = false }
            if overdue { state.overdue -= 1 }
        }
    }

    /// A holder takes longer than it may: others go on, and do not wait for it.
    ///
    /// - Parameter alone: whether the holder was alone until now.
    func overran(alone: Bool) {
        change { state in
            state.overdue += 1
            if alone { state.isReserved = false }
        }
    }

    private func change(_ change: (inout sending State) -> Void) {
        let next = state.withLock { state in
            change(&state)
            return state.takeNext(of: count)
        }
        for waiter in next { waiter.resume(returning: true) }
    }

    private func waitForOne(_ alone: Bool) async -> Bool {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate: Bool? = state.withLock { state in
                    if Task.isCancelled { return false }
                    if state.waiters.isEmpty, state.take(alone: alone, of: count) { return true }
                    state.waiters.append((id, alone, continuation))
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            leave(id)
        }
    }

    /// Who waited does so no longer, and holds up nobody behind it.
    private func leave(_ id: Int) {
        let (waiter, next) = state.withLock { state -> (Waiter?, [Waiter]) in
            guard let index = state.waiters.firstIndex(where: { $0.id == id }) else { return (nil, []) }
            let waiter = state.waiters.remove(at: index).continuation
            return (waiter, state.takeNext(of: count))
        }
        waiter?.resume(returning: false)
        for waiter in next { waiter.resume(returning: true) }
    }
}
