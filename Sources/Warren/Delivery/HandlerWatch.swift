internal import WarrenRuntime

/// Watches over the handlers that one worker calls one after the other.
///
/// A call costs a look at the clock; only a watch that sleeps until the next possible deadline ever waits.
final class HandlerWatch: Sendable {
    /// What a handler is at work on: an event, or the first of so many.
    typealias Work = (occurrence: Occurrence, count: Int)

    private struct State {
        var deadline: MonotonicTime?
        var work: Work?
        var isOverdue = false
    }

    private let timeout: Duration
    private let clock: any RuntimeClock
    private let state = Locked(State())

    init(timeout: Duration, clock: any RuntimeClock) {
        self.timeout = timeout
        self.clock = clock
    }

    /// A handler is called now.
    func begin(_ occurrence: Occurrence, count: Int = 1) {
        let deadline = clock.now.advanced(by: timeout)
        state.withLock { state in
            state.deadline = deadline
            state.work = (occurrence, count)
        }
    }

    /// The handler has returned.
    ///
    /// - Returns: whether it did so in time.
    func end() -> Bool {
        state.withLock { state in
            state.deadline = nil
            state.work = nil
            return !state.isOverdue
        }
    }

    /// Waits until a handler is overdue, or the task is cancelled; nothing more can be begun under this watch then.
    ///
    /// - Returns: what it is at work on; nothing after a cancellation.
    func overrun() async -> Work? {
        while true {
            // A handler that begins later is due later than this.
            let latest = clock.now.advanced(by: timeout)
            let next = state.withLock { $0.deadline } ?? latest
            do {
                try await clock.sleep(until: min(next, latest))
            } catch {
                return nil
            }
            let now = clock.now
            let overdue = state.withLock { state -> Work? in
                state.isOverdue = state.deadline.map { $0 <= now } ?? false
                return state.isOverdue ? state.work : nil
            }
            if let overdue { return overdue }
        }
    }
}
