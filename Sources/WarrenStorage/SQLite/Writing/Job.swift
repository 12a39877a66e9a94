import Warren
import WarrenRuntime

/// Something that a task has the writer thread do, and waits for.
///
/// Not generic over what it gives: called through a reference, generic code looks up its types each time.
final class Job: Sendable {
    /// What a job does to the database.
    enum Kind: Sendable {
        /// It reads what is committed.
        case reading
        /// It writes with one statement, which has no effect when it fails.
        case oneStatement
        /// It writes with several, which all have none when it fails.
        case severalStatements
    }

    private enum Work {
        case body(@Sendable (SQLiteConnection) throws -> Void)
        case records(Records)
    }

    private enum Phase {
        case waiting
        case begun
        case over
    }

    private struct State {
        var phase = Phase.waiting
        var waiter: Waiter?
    }

    let kind: Kind
    /// How many bytes it brings.
    let size: Int
    private let path: String
    private let work: Work
    private let state = Locked(State())

    /// - Parameters:
    ///   - kind: what it does to the database.
    ///   - path: the database, for errors.
    ///   - size: how many bytes it brings.
    ///   - body: what it does.
    init(
        _ kind: Kind,
        on path: String,
        size: Int = 0,
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Void
    ) {
        self.kind = kind
        self.path = path
        self.size = size
        work = .body(body)
    }

    /// A job that writes records, with one statement for it and for others.
    init(records: Records, on path: String) {
        kind = .oneStatement
        self.path = path
        size = records.bytes.count
        work = .records(records)
    }

    // MARK: - The task

    /// Notes who waits.
    ///
    /// - Returns: whether it is to be done; otherwise nobody waits any more, and knows it.
    func wait(_ waiter: Waiter) -> Bool {
        let isOver = state.withLock { state in
            if state.phase != .over { state.waiter = waiter }
            return state.phase == .over
        }
        if isOver { waiter.resume(returning: cancelled) }
        return !isOver
    }

    /// Whoever waits waits no longer; if it was not begun, it is not done.
    func cancel() {
        let (waiter, isBegun) = state.withLock { state in
            let isBegun = state.phase == .begun
            if !isBegun { state.phase = .over }
            return (state.waiter.take(), isBegun)
        }
        waiter?.resume(returning: isBegun ? unknown : cancelled)
    }

    private var cancelled: StorageError { StorageError(.cancelled, "'\(path)': stopped before anything was done") }

    private var unknown: StorageError {
        StorageError(.unknown, "'\(path)': stopped while it was being done: it may be done or not")
    }

    // MARK: - On the writer thread

    /// Begins it.
    ///
    /// - Returns: `false` when nobody waits any more: it is not to be done.
    func begin() -> Bool {
        state.withLock { state in
            guard state.phase == .waiting else { return false }
            state.phase = .begun
            return true
        }
    }

    /// What it brings, to be written with what others bring.
    var records: Records? {
        if case .records(let records) = work { records } else { nil }
    }

    /// Does what it does by itself.
    func perform(on connection: SQLiteConnection) throws {
        if case .body(let body) = work { try body(connection) }
    }

    /// Tells who waits that it is done, or why it is not.
    func finish(_ failure: (any Error)? = nil) {
        let waiter = state.withLock { state in
            state.phase = .over
            return state.waiter.take()
        }
        waiter?.resume(returning: failure)
    }
}
