import Warren
import WarrenRuntime

/// Is told how transactions end, on the writer thread, before those who wait are.
protocol TransactionObserver: Sendable {
    func committed()
    func rolledBack()
}

/// Does jobs that write, and commits them together.
///
/// A job that fails is undone and harms no other. What makes SQLite give up the whole transaction (a full disk, say) is
/// the failure of all that are in it.
struct GroupCommit {
    private let connection: SQLiteConnection
    private let observer: (any TransactionObserver)?
    /// What is done, and not committed.
    private var done: [Job] = []
    private var isUnderWay = false

    init(_ connection: SQLiteConnection, _ observer: (any TransactionObserver)?) {
        self.connection = connection
        self.observer = observer
    }

    /// Does jobs in the transaction that is under way, or else in a new one.
    mutating func perform(_ jobs: [Job]) {
        var left = jobs[...]
        do throws(StorageError) {
            try begin()
            while let job = left.popFirst() {
                if job.begin(), try perform(job) { done.append(job) }
            }
        } catch {
            giveUp(error)
            for job in left where job.begin() { job.finish(error) }
        }
    }

    /// Commits what is done, and tells who waits.
    ///
    /// - Returns: how long it took; `nil` when there was nothing to commit, or it failed.
    mutating func commit() -> Duration? {
        guard isUnderWay else { return nil }
        let start = SystemClock().now
        do throws(StorageError) {
            try connection.run("COMMIT")
        } catch {
            giveUp(error)
            return nil
        }
        let duration = start.duration(until: SystemClock().now)
        isUnderWay = false
        observer?.committed()
        for job in exchange(&done, with: []) { job.finish() }
        return duration
    }

    private mutating func begin() throws(StorageError) {
        guard !isUnderWay else { return }
        try connection.checkFile()
        try connection.run("BEGIN IMMEDIATE")
        isUnderWay = true
    }

    /// The transaction is lost.
    private mutating func giveUp(_ error: StorageError) {
        isUnderWay = false
        if connection.isInTransaction { try? connection.run("ROLLBACK") }
        observer?.rolledBack()
        for job in exchange(&done, with: []) { job.finish(error) }
    }

    /// Does one job; tells who waits for it if it fails.
    ///
    /// - Returns: whether it is done.
    /// - Throws: why the whole transaction is lost.
    private func perform(_ job: Job) throws(StorageError) -> Bool {
        let needsSavepoint = job.kind == .severalStatements
        do {
            if needsSavepoint { try connection.run("SAVEPOINT \(SQLiteConnection.savepoint)") }
            try job.perform(on: connection)
            guard connection.isInTransaction else {
                // Caught by a handler, who went on as if nothing were.
                throw StorageError(.failed, "'\(connection.path)': a failed statement has rolled the transaction back")
            }
            if needsSavepoint { try connection.run("RELEASE \(SQLiteConnection.savepoint)") }
            return true
        } catch {
            defer { job.finish(error) }
            try undo(needsSavepoint, after: error)
            return false
        }
    }

    private func undo(_ hasSavepoint: Bool, after failure: any Error) throws(StorageError) {
        guard connection.isInTransaction else {
            let reason = "'\(connection.path)': rolled back with another write that failed: \(failure)"
            throw StorageError((failure as? StorageError)?.code ?? .failed, reason)
        }
        guard hasSavepoint else { return }
        try connection.run("ROLLBACK TO \(SQLiteConnection.savepoint)")
        try connection.run("RELEASE \(SQLiteConnection.savepoint)")
    }
}
