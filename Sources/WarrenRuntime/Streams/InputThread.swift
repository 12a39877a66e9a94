import Glibc

/// Reads a descriptor on a thread of its own, one chunk for each that is asked for: a blocked read blocks nobody else,
/// and who does not ask is not flooded.
package final class InputThread: Sendable {
    package enum Chunk: Sendable {
        case bytes([UInt8])
        case end
        case failed(SystemError)
    }

    private struct State {
        var waiter: CheckedContinuation<Chunk, Never>?
        var isStopped = false
    }

    private static let chunkSize = 256 << 10
    private let descriptor: Int32
    private let waker: Waker
    private let state = Locked(State())

    /// The descriptor must stay open until the process ends, or until a chunk other than `.bytes` came.
    package init(descriptor: Int32) throws(SystemError) {
        self.descriptor = descriptor
        self.waker = try Waker()
        try IOThread.start(name: "warren-input") { self.run() }
    }

    /// The next chunk, for one caller at a time.
    package func next() async -> Chunk {
        await withCheckedContinuation { continuation in
            let isStopped = state.withLock { state in
                if !state.isStopped { state.waiter = continuation }
                return state.isStopped
            }
            if isStopped { continuation.resume(returning: .end) } else { waker.wake() }
        }
    }

    /// Ends the input here, also for who waits for a chunk now.
    package func stop() {
        let waiter = state.withLock { state in
            state.isStopped = true
            return state.waiter.take()
        }
        waker.wake()
        waiter?.resume(returning: .end)
    }

    // MARK: - The thread

    private func run() {
        while waitForRequest() {
            guard waitForInput() else { return }
            let chunk = read()
            let waiter = state.withLock { $0.waiter.take() }
            waiter?.resume(returning: chunk)
        }
    }

    private func waitForRequest() -> Bool {
        while true {
            let (isStopped, isAsked) = state.withLock { ($0.isStopped, $0.waiter != nil) }
            if isStopped { return false }
            if isAsked { return true }
            var polled = pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0)
            _ = unsafe poll(&polled, 1, -1)
            waker.reset()
        }
    }

    private func waitForInput() -> Bool {
        while true {
            if state.withLock({ $0.isStopped }) { return false }
            var polled = [
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
                pollfd(fd: waker.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            _ = unsafe poll(&polled, 2, -1)
            waker.reset()
            if polled[0].revents != 0 { return true }
        }
    }

    private func read() -> Chunk {
        var bytes = [UInt8](repeating: 0, count: Self.chunkSize)
        while true {
            let count = unsafe bytes.withUnsafeMutableBytes { unsafe Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { return .end }
            if count > 0 {
                bytes.removeLast(bytes.count - count)
                return .bytes(bytes)
            }
            guard errno == EINTR || errno == EAGAIN else { return .failed(SystemError(call: "read", code: errno)) }
        }
    }
}
