package import WarrenRuntime

/// A clock that stands still until a test moves it, as the inside of the package reads clocks.
package final class HeldClock: RuntimeClock {
    private struct Sleeper {
        let deadline: MonotonicTime
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var now = MonotonicTime(nanoseconds: 0)
        var nextID: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
        var observers: [UInt64: @Sendable () -> Void] = [:]
        /// Ids cancelled before their sleeper was stored.
        var cancelled: Set<UInt64> = []

        mutating func makeID() -> UInt64 {
            nextID += 1
            return nextID
        }
    }

    private let state = Locked(State())

    package init() {}

    package var now: MonotonicTime { state.withLock { $0.now } }

    /// How many tasks are asleep on this clock: what a test waits for before it advances.
    package var sleeperCount: Int { state.withLock { $0.sleepers.count } }

    /// When each of them wakes, the next one first.
    var wakeUps: [MonotonicTime] { state.withLock { $0.sleepers.values.map(\.deadline) }.sorted() }

    /// Moves time on, never back, and wakes whoever was waiting for it.
    package func advance(by duration: Duration) {
        let (due, observers) = state.withLock { state in
            state.now = max(state.now, state.now.advanced(by: duration))
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return (due.values.sorted { $0.deadline < $1.deadline }, Array(state.observers.values))
        }
        for sleeper in due { sleeper.continuation.resume(returning: true) }
        for observer in observers { observer() }
    }

    package func sleep(until deadline: MonotonicTime) async throws(CancellationError) {
        let id = state.withLock { $0.makeID() }
        let woke = await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
                let immediate: Bool? = state.withLock { state in
                    if state.cancelled.remove(id) != nil { return false }
                    if deadline <= state.now { return true }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                if let sleeper = state.sleepers.removeValue(forKey: id) { return sleeper }
                state.cancelled.insert(id)
                return nil
            }
            sleeper?.continuation.resume(returning: false)
        }
        _ = state.withLock { $0.cancelled.remove(id) }
        guard woke else { throw CancellationError() }
    }

    /// A thread blocks until the clock's next jump wakes it.
    package func blockingTimeout(until deadline: MonotonicTime) -> Duration? {
        deadline <= now ? .zero : nil
    }

    package func onJump(_ wake: @escaping @Sendable () -> Void) -> JumpRegistration? {
        let id = state.withLock { state in
            let id = state.makeID()
            state.observers[id] = wake
            return id
        }
        return JumpRegistration { [weak self] in
            self?.state.withLock { _ = $0.observers.removeValue(forKey: id) }
        }
    }
}
