import Glibc
package import WarrenRuntime

/// How long connecting may block, and what ends the wait early.
package struct Patience {
    /// `host:port`, for error sentences.
    let target: String
    let deadline: MonotonicTime
    let clock: any RuntimeClock
    /// Woken when `shouldStop` may have changed, or when the clock has jumped.
    let interrupt: Waker
    let shouldStop: () -> Bool
    private let started: MonotonicTime

    package init(
        target: String,
        deadline: MonotonicTime,
        clock: any RuntimeClock,
        interrupt: Waker,
        shouldStop: @escaping () -> Bool
    ) {
        self.target = target
        self.deadline = deadline
        self.clock = clock
        self.interrupt = interrupt
        self.shouldStop = shouldStop
        self.started = clock.now
    }

    /// Blocks until a descriptor is ready, `pause` has come, or the interrupt wakes it for nothing: look and call
    /// again.
    ///
    /// - Throws: `.timedOut` at the deadline, `.interrupted` when the owner wants to stop; the sentence has `activity`.
    func wait(
        for descriptors: inout [pollfd],
        until pause: MonotonicTime = .distantFuture,
        _ activity: @autoclosure () -> String
    ) throws(TransportError) {
        guard !shouldStop() else {
            throw TransportError(.interrupted, "stopped while \(activity())")
        }
        let now = clock.now
        guard now < deadline else {
            let waited = Duration.milliseconds(started.nanoseconds(until: now) / 1_000_000)
            throw TransportError(.timedOut, "\(target) gave no answer within \(waited): gave up \(activity())")
        }
        descriptors.append(pollfd(fd: interrupt.descriptor, events: Int16(POLLIN), revents: 0))
        let ready = unsafe poll(&descriptors, nfds_t(descriptors.count), timeout(until: min(pause, deadline)))
        let interrupted = descriptors.removeLast().revents != 0
        if ready > 0 && interrupted { interrupt.reset() }
    }

    /// Milliseconds for `poll`, rounded up so that it never returns just before its time; -1 is for ever.
    private func timeout(until moment: MonotonicTime) -> Int32 {
        guard let duration = clock.blockingTimeout(until: moment) else { return -1 }
        let milliseconds = duration.saturatedNanoseconds / 1_000_000 + 1
        return Int32(clamping: max(0, milliseconds))
    }
}
