import WarrenRuntime

/// A value that is set once and awaited by any number of tasks.
///
/// The first of `fulfil` and `abandon` wins. Whoever is about to act on behalf of the waiter calls `claim` first; after
/// that an `abandon` (cancellation, deadline) comes too late and does nothing.
///
/// It lives here and not in the runtime because generic code is not specialised across modules: unspecialised, a
/// publish spends most of its time looking up metadata. For the same reason its continuations are unsafe ones (their
/// layout is known); each is resumed once, because it is taken out of the state under the lock before.
final class OneShot<Value: Sendable>: Sendable {
    @safe
    private struct Waiter {
        let continuation: UnsafeContinuation<Value, Never>
    }

    private struct State {
        var value: Value?
        var isClaimed = false
        /// Nearly always there is one waiter; it costs no array.
        var first: Waiter?
        var others: [Waiter] = []
    }

    private let state = Locked(State())

    init() {}

    /// A shot that is done from the start.
    convenience init(_ value: Value) {
        self.init()
        fulfil(value)
    }

    /// The value, if it is there.
    var current: Value? {
        state.withLock { $0.value }
    }

    /// Sets the value and resumes the waiters; never under a lock of the caller's.
    func fulfil(_ value: Value) {
        finish(value, evenIfClaimed: true)
    }

    /// Sets the value unless it was claimed before.
    func abandon(_ value: Value) {
        finish(value, evenIfClaimed: false)
    }

    /// - Returns: whether the value is still awaited; if so, only `fulfil` can set it from now on.
    func claim() -> Bool {
        state.withLock { state in
            guard state.value == nil, !state.isClaimed else { return false }
            state.isClaimed = true
            return true
        }
    }

    /// Waits for the value, also in a cancelled task.
    func value() async -> Value {
        if let current { return current }
        return unsafe await withUnsafeContinuation { unsafe register(Waiter(continuation: $0)) }
    }

    /// Waits for the value.
    ///
    /// A cancelled task abandons it for all, with `cancelled`.
    func value(abandoningWith cancelled: @autoclosure @escaping @Sendable () -> Value) async -> Value {
        if let current { return current }
        return await withTaskCancellationHandler {
            unsafe await withUnsafeContinuation { unsafe register(Waiter(continuation: $0)) }
        } onCancel: {
            abandon(cancelled())
        }
    }

    private func register(_ waiter: Waiter) {
        let value = state.withLock { state -> Value? in
            if let value = state.value { return value }
            if state.first == nil {
                state.first = waiter
            } else {
                state.others.append(waiter)
            }
            return nil
        }
        if let value { unsafe waiter.continuation.resume(returning: value) }
    }

    private func finish(_ value: Value, evenIfClaimed: Bool) {
        let (first, others) = state.withLock { state -> (Waiter?, [Waiter]) in
            guard state.value == nil, evenIfClaimed || !state.isClaimed else { return (nil, []) }
            state.value = value
            let waiters = (state.first, state.others)
            state.first = nil
            state.others = []
            return waiters
        }
        unsafe first?.continuation.resume(returning: value)
        for waiter in others { unsafe waiter.continuation.resume(returning: value) }
    }
}
