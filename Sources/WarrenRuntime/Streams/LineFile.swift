import Glibc

/// A file of lines that only grows, written by a thread of its own.
///
/// Lines are in it, and on the disk, when ``append(_:)`` returns; all that is appended while the disk is at work goes
/// out with the next write and the next flush, so that many appenders share the price of one. Whatever fails, no part
/// of a line stays: a line is whole or is not there.
///
/// It may also be a pipe, a terminal or another device, which cannot be flushed: then lines count as safe when they
/// are written. A regular file is locked (`flock`) against every other ``LineFile``, in whatever process.
///
/// It has to be closed, or its thread and its lock stay.
package final class LineFile: Sendable {
    private typealias Appender = CheckedContinuation<Result<Void, Failure>, Never>
    private typealias Reopener = CheckedContinuation<Result<Repair?, Failure>, Never>

    private struct Piece {
        let id: UInt64
        let lines: [UInt8]
    }

    private struct State {
        /// Until the thread has taken it.
        var file: OpenLineFile?
        var nextID: UInt64 = 0
        var pieces: [Piece] = []
        var appenders: [UInt64: Appender] = [:]
        var reopeners: [Reopener] = []
        var isAsleep = false
        var isClosing = false
        var isClosed = false
        var closers: [CheckedContinuation<Void, Never>] = []

        /// Whether the thread has to be woken.
        mutating func wakes() -> Bool {
            defer { isAsleep = false }
            return isAsleep
        }
    }

    private enum Work {
        case append([Piece])
        case reopen([Reopener])
        case sleep
        case end
    }

    /// How many bytes are written before a flush, as soon as there are so many: no appender waits for ever for others.
    private static let batchSize = 4 << 20

    package let path: String
    /// What opening had to put right.
    package let repair: Repair?
    /// Whether it is a file on a disk, and not a pipe or a device.
    package let isRegular: Bool
    private let calls: FileCalls
    private let isWhole: @Sendable ([UInt8]) -> Bool
    private let waker: Waker
    private let state: Locked<State>

    /// Opens a file to append to, and creates it where there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - calls: how the file is changed.
    ///   - isWhole: asked about a last line that has no line end: whether it is all there. Otherwise it is cut off.
    /// - Throws: why the file cannot be used.
    package init(
        path: String,
        calls: FileCalls = .system,
        isWhole: @escaping @Sendable ([UInt8]) -> Bool
    ) throws(Failure) {
        let file = try OpenLineFile(path: path)
        repair = try file.repair(calls, isWhole)
        isRegular = file.isRegular
        self.path = path
        self.calls = calls
        self.isWhole = isWhole
        state = Locked(State(file: file))
        do throws(SystemError) {
            waker = try Waker()
            try IOThread.start(name: "warren-file") { self.run() }
        } catch {
            throw Failure(path, error)
        }
    }

    /// Appends lines, in the order of the calls, and returns when they are on the disk.
    ///
    /// Memory is bounded by its callers: each waits for what it brought. After a failure the file is as if nothing had
    /// been appended, and the next attempt may succeed.
    ///
    /// - Parameter lines: one or more, each with its end; the last one is given one if it has none.
    /// - Throws: why they are not in the file; with `.cancelled` they may be.
    package func append(_ lines: [UInt8]) async throws(Failure) {
        guard let last = lines.last else { return }
        let lines = last == UInt8(ascii: "\n") ? lines : lines + [UInt8(ascii: "\n")]
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        let result: Result<Void, Failure> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (failure, wakes): (Failure?, Bool) = state.withLock { state in
                    if state.isClosing { return (.closed(path), false) }
                    if Task.isCancelled { return (.cancelled(path), false) }
                    state.pieces.append(Piece(id: id, lines: lines))
                    state.appenders[id] = continuation
                    return (nil, state.wakes())
                }
                if let failure { continuation.resume(returning: .failure(failure)) }
                if wakes { waker.wake() }
            }
        } onCancel: {
            let appender = state.withLock { state in
                state.pieces.removeAll { $0.id == id }
                return state.appenders.removeValue(forKey: id)
            }
            appender?.resume(returning: .failure(.cancelled(path)))
        }
        try result.get()
    }

    /// Goes on with the file that the path names now, which is another one after a rotation.
    ///
    /// What was appended before is in the old file. If the new one cannot be opened, the old one stays in use.
    ///
    /// - Returns: what opening had to put right.
    /// - Throws: why the file cannot be used.
    package func reopen() async throws(Failure) -> Repair? {
        let result: Result<Repair?, Failure> = await withCheckedContinuation { continuation in
            let (isClosing, wakes) = state.withLock { state in
                if !state.isClosing { state.reopeners.append(continuation) }
                return (state.isClosing, state.wakes())
            }
            if isClosing { continuation.resume(returning: .failure(.closed(path))) }
            if wakes { waker.wake() }
        }
        return try result.get()
    }

    /// Writes what was appended before, closes the file and ends the thread.
    ///
    /// A full pipe is not waited for.
    package func close() async {
        await withCheckedContinuation { continuation in
            let isClosed = state.withLock { state in
                state.isClosing = true
                if !state.isClosed { state.closers.append(continuation) }
                return state.isClosed
            }
            if isClosed { continuation.resume() } else { waker.wake() }
        }
    }

    /// How many appenders wait.
    var waiting: Int { state.withLock { $0.appenders.count } }

    // MARK: - The thread

    private func run() {
        workUntilClosed()
        let closers = state.withLock { state in
            state.isClosed = true
            return exchange(&state.closers, with: [])
        }
        for closer in closers { closer.resume() }
    }

    /// The file is closed when this returns.
    private func workUntilClosed() {
        guard var writer = takeFile() else { return }
        while true {
            switch nextWork() {
            case .append(let pieces): append(pieces, with: &writer)
            case .reopen(let reopeners): reopen(&writer, for: reopeners)
            case .sleep: waker.sleep(timeout: nil)
            case .end:
                _ = try? writer.mend()
                return
            }
        }
    }

    /// The writer alone owns the file, so that a file is closed as soon as another takes its place.
    private func takeFile() -> LineWriter? {
        state.withLock { $0.file.take() }.map { LineWriter($0, calls, waitForRoom: waitForRoom) }
    }

    private func nextWork() -> Work {
        state.withLock { state in
            if !state.pieces.isEmpty {
                var (count, size) = (0, 0)
                while count < state.pieces.count, size < Self.batchSize {
                    size += state.pieces[count].lines.count
                    count += 1
                }
                defer { state.pieces.removeFirst(count) }
                return .append(Array(state.pieces[..<count]))
            }
            if !state.reopeners.isEmpty { return .reopen(exchange(&state.reopeners, with: [])) }
            if state.isClosing { return .end }
            state.isAsleep = true
            return .sleep
        }
    }

    private func append(_ pieces: [Piece], with writer: inout LineWriter) {
        let outcome = writer.append(pieces.map(\.lines))
        let appenders = state.withLock { state in pieces.map { state.appenders.removeValue(forKey: $0.id) } }
        for (index, appender) in appenders.enumerated() {
            let failure = index < outcome.written ? nil : outcome.failure
            appender?.resume(returning: failure.map { .failure($0) } ?? .success(()))
        }
    }

    private func reopen(_ writer: inout LineWriter, for reopeners: [Reopener]) {
        let result = Result { () throws(Failure) -> Repair? in
            guard !writer.file.isStillNamed else { return nil }
            let file = try OpenLineFile(path: path)
            let repair = try file.repair(calls, isWhole)
            _ = try? writer.mend()
            writer = LineWriter(file, calls, waitForRoom: waitForRoom)
            return repair
        }
        for reopener in reopeners { reopener.resume(returning: result) }
    }

    private func waitForRoom(_ descriptor: Int32) -> Bool {
        guard !state.withLock({ $0.isClosing }) else { return false }
        _ = waker.wait(on: descriptor, readable: false, writable: true, timeout: nil)
        return true
    }
}
