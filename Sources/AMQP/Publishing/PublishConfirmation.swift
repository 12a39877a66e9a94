import Synchronization
import WarrenRuntime

/// What became of the publishes of one call, of one or of a batch; awaited by any number of tasks.
///
/// One is made for each publish, so it is small, and no generic type, whose metadata would be looked up each time. Its
/// continuations are unsafe ones as those of ``OneShot``, for the same reasons: each is resumed once, because it is taken
/// out of the state under the lock before.
final class PublishConfirmation: Sendable {
    @safe
    private struct Waiter {
        let id: Int
        let continuation: UnsafeContinuation<Bool, Never>
    }

    private struct State {
        /// How many outcomes are not there yet.
        var missing: Int
        /// That of the only publish, or those of a batch in its order.
        var only: AMQPPublishOutcome?
        var outcomes: [AMQPPublishOutcome?] = []
        /// Nearly always there is one waiter; it costs no array.
        var first: Waiter?
        var others: [Waiter] = []
    }

    private static let lastWaiterID = Atomic(0)

    /// How many publishes it is about.
    let count: Int
    /// Whether the call that publishes returns the outcome, so that nobody has to be told of it in another way.
    let isTold: Bool
    private let state: Locked<State>

    init(isTold: Bool = false) {
        count = 1
        self.isTold = isTold
        state = Locked(State(missing: 1))
    }

    init(count: Int, isTold: Bool = false) {
        self.count = count
        self.isTold = isTold
        state = Locked(State(missing: count, outcomes: count == 1 ? [] : Array(repeating: nil, count: count)))
    }

    // MARK: - Answers

    /// Notes outcomes of publishes one behind the other, and resumes the waiters with the last one; never under a lock of
    /// the caller's.
    func fulfil(_ outcome: AMQPPublishOutcome, from index: Int = 0, count: Int = 1) {
        let (first, others) = state.withLock { state -> (Waiter?, [Waiter]) in
            if self.count == 1 {
                guard state.only == nil else { return (nil, []) }
                state.only = outcome
                state.missing = 0
            } else {
                for index in index..<index + count where state.outcomes[index] == nil {
                    state.outcomes[index] = outcome
                    state.missing -= 1
                }
                guard state.missing == 0 else { return (nil, []) }
            }
            defer { (state.first, state.others) = (nil, []) }
            return (state.first, state.others)
        }
        unsafe first?.continuation.resume(returning: true)
        for waiter in others { unsafe waiter.continuation.resume(returning: true) }
    }

    // MARK: - Waiting

    /// The outcome of the only publish, if it is there.
    var current: AMQPPublishOutcome? { state.withLock { $0.only } }

    /// Waits for the outcome of the only publish; a cancelled task gets `unknown` for itself.
    var outcome: AMQPPublishOutcome {
        get async {
            if let current { return current }
            return await wait() ? current ?? Self.abandoned : Self.abandoned
        }
    }

    /// Waits for all outcomes; a cancelled task gets `unknown` for those that are not there.
    var outcomes: [AMQPPublishOutcome] {
        get async {
            if count == 1 { return [await outcome] }
            if !state.withLock({ $0.missing == 0 }) { _ = await wait() }
            return state.withLock { state in state.outcomes.map { $0 ?? Self.abandoned } }
        }
    }

    private static var abandoned: AMQPPublishOutcome {
        .unknown(AMQPError(.cancelled, "the wait for the confirm was cancelled"))
    }

    /// - Returns: whether all outcomes are there; not when the task was cancelled before.
    private func wait() async -> Bool {
        let id = Self.lastWaiterID.wrappingAdd(1, ordering: .relaxed).newValue
        return await withTaskCancellationHandler {
            unsafe await withUnsafeContinuation { continuation in
                unsafe register(Waiter(id: id, continuation: continuation))
                // The handler may have run before the waiter was there to be found.
                if Task.isCancelled { leave(id) }
            }
        } onCancel: {
            leave(id)
        }
    }

    private func register(_ waiter: Waiter) {
        let isDone = state.withLock { state in
            if state.missing == 0 { return true }
            if state.first == nil {
                state.first = waiter
            } else {
                state.others.append(waiter)
            }
            return false
        }
        if isDone { unsafe waiter.continuation.resume(returning: true) }
    }

    private func leave(_ id: Int) {
        let waiter = state.withLock { state -> Waiter? in
            if let first = state.first, first.id == id {
                state.first = nil
                return first
            }
            guard let index = state.others.firstIndex(where: { $0.id == id }) else { return nil }
            return state.others.remove(at: index)
        }
        unsafe waiter?.continuation.resume(returning: false)
    }
}
