package import WarrenRuntime

/// A handle on an observer or a subscription; letting go of it changes nothing.
public final class EventSubscription: Sendable {
    /// The subscription's name; of an observer its patterns.
    public let name: String

    private struct State {
        var outcome: Result<Void, EventBusError>?
        var nextID = 0
        var waiters: [Int: CheckedContinuation<Result<Void, EventBusError>, Never>] = [:]
        var isCancelled = false
    }

    private let state = Locked(State())
    private let clock: any RuntimeClock
    /// What is said when it was not ready in time.
    private let late: @Sendable (Duration) -> EventBusError
    private let onCancel: @Sendable () -> Void
    /// Another one that is ready when this one is.
    private let leader: EventSubscription?

    /// - Parameters:
    ///   - name: what ``name`` says.
    ///   - isReady: whether it takes events from the start.
    ///   - clock: measures how long somebody waits for it to be ready.
    ///   - late: makes the error for who has waited so long in vain.
    ///   - onCancel: called once, by the first ``cancel()``.
    package init(
        _ name: String,
        isReady: Bool,
        clock: any RuntimeClock,
        late: @escaping @Sendable (Duration) -> EventBusError,
        onCancel: @escaping @Sendable () -> Void
    ) {
        self.name = name
        self.clock = clock
        self.late = late
        self.onCancel = onCancel
        leader = nil
        if isReady { settle(.success(())) }
    }

    /// - Parameters:
    ///   - leader: it is ready when this one is.
    ///   - onCancel: called once, by the first ``cancel()``.
    init(following leader: EventSubscription, onCancel: @escaping @Sendable () -> Void) {
        name = leader.name
        clock = leader.clock
        late = leader.late
        self.leader = leader
        self.onCancel = onCancel
    }

    /// Waits until no event is missed from now on: until the queue exists and is consumed.
    ///
    /// - Parameter limit: how long to wait for that.
    /// - Throws: ``EventBusError``: `subscriptionRefused` when the broker does not let it be, `unavailable` when it is not
    ///   ready in time, saying what is in the way, `closed` when it was cancelled or the bus has ended, `cancelled` when
    ///   the task was.
    public func ready(within limit: Duration = .seconds(30)) async throws(EventBusError) {
        if let leader { return try await leader.ready(within: limit) }
        if let outcome = state.withLock({ $0.outcome }) { return try outcome.get() }
        let (id, deadline) = (nextID(), clock.now.advanced(by: limit))
        var timer: Task<Void, Never>?
        defer { timer?.cancel() }
        try await wait(id) {
            // Not a child of this task: who is ready at last does not wait until the timer has heard of it.
            timer = Task { [clock] in
                guard (try? await clock.sleep(until: deadline)) != nil else { return }
                self.leave(id, self.late(limit))
            }
        }
    }

    /// Whether nobody has to wait for it any more.
    package var isSettled: Bool {
        if let leader { return leader.isSettled }
        return state.withLock { $0.outcome != nil }
    }

    /// The same as ``ready(within:)`` without a deadline, for those whose own task has one.
    package func readyAtLast() async throws(EventBusError) {
        if let leader { return try await leader.readyAtLast() }
        try await wait(nextID()) {}
    }

    private func nextID() -> Int {
        state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
    }

    /// `begun` is called when there is something to wait for, and `leave` can find who waits.
    private func wait(_ id: Int, _ begun: () -> Void) async throws(EventBusError) {
        let cancelled = EventBusError(.cancelled, "the wait for '\(name)' was cancelled")
        let outcome = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Result<Void, EventBusError>, Never>) in
                let immediate: Result<Void, EventBusError>? = state.withLock { state in
                    if let outcome = state.outcome { return outcome }
                    // The handler below may have run before the waiter was there to be found.
                    if Task.isCancelled { return .failure(cancelled) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) } else { begun() }
            }
        } onCancel: {
            leave(id, cancelled)
        }
        try outcome.get()
    }

    private func leave(_ id: Int, _ error: EventBusError) {
        state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: .failure(error))
    }

    /// Takes no more events; a handler at work may end.
    ///
    /// A subscription's queue at a broker stays, and goes on collecting events for the next one of that name.
    public func cancel() {
        let closed = EventBusError(.closed, "'\(name)' was cancelled")
        guard answer(.failure(closed), isCancelling: true) else { return }
        onCancel()
    }

    /// Answers whoever waits for it to be ready; the last answer holds for those who come later.
    package func settle(_ outcome: Result<Void, EventBusError>) {
        answer(outcome, isCancelling: false)
    }

    /// - Returns: whether it is the answer: nothing comes after a cancellation.
    @discardableResult
    private func answer(_ outcome: Result<Void, EventBusError>, isCancelling: Bool) -> Bool {
        let waiters = state.withLock { state -> [CheckedContinuation<Result<Void, EventBusError>, Never>]? in
            // Who cancelled it was told so, whatever becomes of it still.
            guard !state.isCancelled else { return nil }
            state.isCancelled = isCancelling
            state.outcome = outcome
            defer { state.waiters = [:] }
            return Array(state.waiters.values)
        }
        guard let waiters else { return false }
        for waiter in waiters { waiter.resume(returning: outcome) }
        return true
    }
}
