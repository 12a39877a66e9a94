import Glibc

/// Writes to a descriptor on a thread of its own.
///
/// What is handed over while a write is under way goes out in one piece
/// with the next, so that a flood of lines costs few system calls and a single line no delay.
package final class OutputThread: Sendable {
    package enum Failure: Error, Hashable, CustomStringConvertible {
        /// Nobody reads any more.
        case closed
        case failed(SystemError)
        /// The waiting task was cancelled; what was handed over may still go out.
        case cancelled

        package var description: String {
            switch self {
            case .closed: "nobody reads the output any more"
            case .failed(let error): "cannot write the output: \(SystemError.reason(error.code))"
            case .cancelled: "stopped before the output was written"
            }
        }
    }

    private typealias Waiter = CheckedContinuation<Result<Void, Failure>, Never>

    private struct State {
        var pending: [UInt8] = []
        var isWriting = false
        var failure: Failure?
        var isFinishing = false
        var nextID = 0
        /// Who waits until `pending` has gone out.
        var waiters: [Int: Waiter] = [:]
        /// Who waits for the write under way.
        var writingWaiters: [Int: Waiter] = [:]

        mutating func takeWaiters() -> [Waiter] {
            defer { (waiters, writingWaiters) = ([:], [:]) }
            return Array(waiters.values) + Array(writingWaiters.values)
        }
    }

    /// How much may wait before the writer has to.
    private static let bound = 1 << 20
    private let descriptor: Int32
    private let waker: Waker
    private let state = Locked(State())
    private let over = StopSignal()
    private let (end, ended) = AsyncStream.makeStream(of: Failure.self)

    package init(descriptor: Int32) throws(SystemError) {
        self.descriptor = descriptor
        self.waker = try Waker()
        try IOThread.start(name: "warren-output") { self.run() }
    }

    /// Hands bytes over; waits only when too much is waiting already.
    package func write(_ bytes: some Sequence<UInt8> & Sendable) async throws(Failure) {
        let (failure, isFull) = state.withLock { state in
            if state.failure == nil { state.pending += bytes }
            return (state.failure, state.pending.count > Self.bound)
        }
        if let failure { throw failure }
        waker.wake()
        if isFull { try await flush() }
    }

    /// Waits until all that was handed over has been written.
    package func flush() async throws(Failure) {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let result: Result<Void, Failure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let immediate: Result<Void, Failure>? = state.withLock { state in
                    if let failure = state.failure { return .failure(failure) }
                    if Task.isCancelled { return .failure(.cancelled) }
                    if !state.pending.isEmpty {
                        state.waiters[id] = continuation
                    } else if state.isWriting {
                        state.writingWaiters[id] = continuation
                    } else {
                        return .success(())
                    }
                    return nil
                }
                if let immediate { continuation.resume(returning: immediate) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.removeValue(forKey: id) ?? state.writingWaiters.removeValue(forKey: id)
            }
            waiter?.resume(returning: .failure(.cancelled))
        }
        try result.get()
    }

    /// Waits until nothing more can be written, also while there is nothing to write; for one caller.
    package func failure() async -> Failure {
        for await failure in end { return failure }
        return .cancelled
    }

    /// Writes the rest and ends the thread; only then may the descriptor be closed.
    ///
    /// A task that is cancelled waits no longer for a reader that takes nothing.
    ///
    /// - Returns: whether the thread has ended.
    @discardableResult
    package func finish() async -> Bool {
        state.withLock { $0.isFinishing = true }
        waker.wake()
        await over.wait()
        return over.isStopped
    }

    // MARK: - The thread

    private func run() {
        if let failure = writeUntilFinished() { ended.yield(failure) }
        over.stop()
    }

    private func writeUntilFinished() -> Failure? {
        while true {
            let (batch, isFinishing) = state.withLock { state in
                state.isWriting = !state.pending.isEmpty
                // An earlier write leaves nobody behind, and ids are used once.
                state.writingWaiters.merge(exchange(&state.waiters, with: [:])) { waiter, _ in waiter }
                return (state.pending.isEmpty ? [] : exchange(&state.pending, with: []), state.isFinishing)
            }
            if batch.isEmpty && isFinishing { return nil }
            let failure = batch.isEmpty ? waitForWork() : writeAll(batch)
            let waiters = state.withLock { state in
                state.isWriting = false
                guard let failure else { return Array(exchange(&state.writingWaiters, with: [:]).values) }
                state.failure = failure
                state.pending = []
                return state.takeWaiters()
            }
            for waiter in waiters {
                waiter.resume(returning: failure.map { .failure($0) } ?? .success(()))
            }
            if let failure { return failure }
        }
    }

    /// Waits to be woken, or for the reader of a pipe to go away.
    private func waitForWork() -> Failure? {
        var polled = [
            pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: 0, revents: 0),
        ]
        _ = unsafe poll(&polled, 2, -1)
        if polled[0].revents != 0 { waker.reset() }
        // Nothing was asked of it, so what it says is that it is broken.
        return polled[1].revents == 0 ? nil : .closed
    }

    private func writeAll(_ bytes: [UInt8]) -> Failure? {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes[written...].withUnsafeBytes {
                unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            if count >= 0 {
                written += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: waitForSpace()
            case EPIPE: return .closed
            default: return .failed(SystemError(call: "write", code: errno))
            }
        }
        return nil
    }

    /// Somebody else made the descriptor non-blocking.
    private func waitForSpace() {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = unsafe poll(&polled, 1, -1)
    }
}
