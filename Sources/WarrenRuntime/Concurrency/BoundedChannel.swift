/// A queue between tasks, bounded by the weight of what is in it: who brings more waits, one element always fits.
package final class BoundedChannel<Element: Sendable>: Sendable {
    private struct Waiter {
        let id: Int
        let continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var elements: [(element: Element, weight: Int)] = []
        var weight = 0
        var isClosed = false
        var nextID = 0
        var bringers: [Waiter] = []
        var takers: [Waiter] = []
    }

    private let capacity: Int
    private let state = Locked(State())

    /// - Parameter capacity: the sum of weights that may wait.
    package init(capacity: Int) {
        self.capacity = capacity
    }

    /// Brings an element; waits for room.
    ///
    /// - Returns: whether it is in; not when the channel was closed or the task cancelled.
    package func bring(_ element: Element, weight: Int = 1) async -> Bool {
        while !Task.isCancelled {
            if bringNow(element, weight: weight) { return true }
            if state.withLock({ $0.isClosed }) { return false }
            await wait(\.bringers) { state in
                !state.isClosed && !state.elements.isEmpty && state.weight + weight > capacity
            }
        }
        return false
    }

    /// Brings an element if there is room for it now.
    ///
    /// - Returns: whether it is in.
    package func bringNow(_ element: Element, weight: Int = 1) -> Bool {
        let (isIn, taker) = state.withLock { state -> (Bool, Waiter?) in
            let hasRoom = state.elements.isEmpty || state.weight + weight <= capacity
            guard !state.isClosed, hasRoom else { return (false, nil) }
            state.elements.append((element, weight))
            state.weight += weight
            return (true, state.takers.popLast())
        }
        taker?.continuation.resume()
        return isIn
    }

    /// Takes all that is there, at least one; nothing when the channel is closed and empty, or the task cancelled.
    package func takeAll() async -> [Element] {
        while true {
            let (taken, isClosed) = takeWhatIsThere()
            if !taken.isEmpty || isClosed || Task.isCancelled { return taken }
            await wait(\.takers) { $0.elements.isEmpty && !$0.isClosed }
        }
    }

    /// Takes all that is there, which may be nothing, and waits for no more.
    package func takeNow() -> [Element] { takeWhatIsThere().elements }

    /// Nothing more comes; what is there may still be taken.
    package func close() {
        let waiters = state.withLock { state in
            state.isClosed = true
            defer { (state.bringers, state.takers) = ([], []) }
            return state.bringers + state.takers
        }
        for waiter in waiters { waiter.continuation.resume() }
    }

    private func takeWhatIsThere() -> (elements: [Element], isClosed: Bool) {
        let (taken, isClosed, bringers) = state.withLock { state in
            let taken = state.elements.map(\.element)
            let bringers = state.bringers
            (state.elements, state.weight, state.bringers) = ([], 0, [])
            return (taken, state.isClosed, bringers)
        }
        for bringer in bringers { bringer.continuation.resume() }
        return (taken, isClosed)
    }

    private func wait(
        _ line: any WritableKeyPath<State, [Waiter]> & Sendable,
        while isNeeded: (State) -> Bool
    ) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let waits = state.withLock { state in
                    guard !Task.isCancelled, isNeeded(state) else { return false }
                    state[keyPath: line].append(Waiter(id: id, continuation: continuation))
                    return true
                }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state -> Waiter? in
                guard let index = state[keyPath: line].firstIndex(where: { $0.id == id }) else { return nil }
                return state[keyPath: line].remove(at: index)
            }
            waiter?.continuation.resume()
        }
    }
}
