package import WarrenRuntime

/// Who is at work on which event, within this process.
package final class ClaimTable: Sendable {
    /// Who has the events, and where those wait who want them: a signal is only made for somebody.
    private let holders = Locked<[InboxKey: StopSignal?]>([:])
    private let clock: any RuntimeClock

    package init(clock: any RuntimeClock) {
        self.clock = clock
    }

    /// Takes an event; waits while somebody else has it.
    ///
    /// - Returns: whether it is taken; not when the deadline came or the task was cancelled before it was free.
    package func take(_ key: InboxKey, until deadline: MonotonicTime) async -> Bool {
        while true {
            let other = holders.withLock { holders -> StopSignal? in
                guard let holder = holders[key] else {
                    holders[key] = .some(nil)
                    return nil
                }
                let signal = holder ?? StopSignal()
                holders[key] = signal
                return signal
            }
            guard let other else { return true }
            let isLate = await other.sleep(until: deadline, clock: clock)
            guard !isLate, !Task.isCancelled else { return false }
        }
    }

    /// Somebody else may have it.
    package func giveBack(_ key: InboxKey) {
        let signal = holders.withLock { $0.removeValue(forKey: key) }
        signal??.stop()
    }
}
