import Glibc
import Synchronization

/// Turns SIGTERM and SIGINT into a request to end: the first one is told to whoever waits, the second ends the process
/// at once with status 128 + its number.
///
/// Signals belong to the process, so there is one instance, and it stays. From ``install()`` on none is lost: one that
/// comes before anybody waits is told to the first who does.
package final class TerminationSignals: Sendable {
    private struct State {
        var received: TerminationSignal?
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<TerminationSignal?, Never>] = [:]
    }

    private static let installed = Result { () throws(SystemError) in try TerminationSignals() }

    private let waker: Waker
    private let state = Locked(State())

    /// Takes the signals over, on the first call; SIGPIPE and SIGXFSZ are ignored from then on, so that writing to a
    /// closed connection, or beyond the largest file allowed, is an error and not the end of the process.
    ///
    /// Call it first thing in `main`: a signal that comes before has its usual effect.
    ///
    /// - Throws: ``SystemError`` when the process is out of descriptors or threads.
    package static func install() throws(SystemError) -> TerminationSignals {
        try installed.get()
    }

    private init() throws(SystemError) {
        waker = try Waker()
        try IOThread.start(name: "warren-signals") { self.listen() }
        SignalHandler.descriptor.store(waker.descriptor, ordering: .releasing)
        for signal in TerminationSignal.allCases { try SignalHandler.take(signal.rawValue) }
        for signal in [SIGPIPE, SIGXFSZ] { try SignalHandler.ignore(signal) }
    }

    /// Waits until a signal comes; returns at once when one has.
    package func wait() async throws(CancellationError) -> TerminationSignal {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let signal = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate: TerminationSignal?? = state.withLock { state in
                    if let received = state.received { return received }
                    // The handler below may have run already: it found nobody then, and will not come again.
                    if Task.isCancelled { return .some(nil) }
                    state.waiters[id] = continuation
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: id) }?.resume(returning: nil)
        }
        guard let signal else { throw CancellationError() }
        return signal
    }

    /// The thread's life: sleeps until the handler wakes it, tells everyone, and ends.
    private func listen() {
        var request = pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0)
        while true {
            _ = unsafe poll(&request, 1, -1)
            guard let signal = SignalHandler.received else { continue }
            let waiters = state.withLock { state in
                defer { state.waiters = [:] }
                state.received = signal
                return Array(state.waiters.values)
            }
            for waiter in waiters { waiter.resume(returning: signal) }
            return
        }
    }
}
