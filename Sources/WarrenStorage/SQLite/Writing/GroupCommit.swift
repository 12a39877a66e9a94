import Warren
import WarrenRuntime

/// Is told how transactions end, on the writer thread, before those who wait are.
protocol TransactionObserver: Sendable {
    func committed()
    func rolledBack()
}

/// Does jobs that write, and commits them together.
///
/// Only what fails by itself fails. A job that fails is undone and harms no other. What makes SQLite give up the whole
/// transaction (`INSERT OR ROLLBACK`, a row for which the disk has no room) is done by itself, after the others were done
/// again without it. Nobody is told before the commit, for a failure too may rest on rows that are lost with it.
struct GroupCommit {
    /// What was done in the transaction that is under way, and why it failed if it did.
    private struct Outcome {
        let job: Job
        let failure: (any Error)?
    }

    private let connection: SQLiteConnection
    private let observer: (any TransactionObserver)?
    /// In the order in which they were done.
    private var outcomes: [Outcome] = []
    private var isUnderWay = false
    /// Why no transaction could be begun: whatever was handed over with that job would wait as long, and in vain.
    private var refusal: StorageError?

    init(_ connection: SQLiteConnection, _ observer: (any TransactionObserver)?) {
        self.connection = connection
        self.observer = observer
    }

    /// Does jobs in the transaction that is under way, or else in a new one.
    mutating func perform(_ jobs: [Job]) {
        refusal = nil
        for job in jobs where job.begin() { perform(job) }
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
            redo(after: error)
            return nil
        }
        let duration = start.duration(until: SystemClock().now)
        isUnderWay = false
        observer?.committed()
        for outcome in exchange(&outcomes, with: []) { outcome.job.finish(outcome.failure) }
        return duration
    }

    private mutating func perform(_ job: Job) {
        do throws(StorageError) {
            try begin()
        } catch {
            refusal = error
            return job.finish(error)
        }
        let failure = failure(of: job)
        if connection.isInTransaction {
            outcomes.append(Outcome(job: job, failure: failure))
        } else {
            // Without an error: caught by a handler, who went on as if nothing were.
            let swallowed = "'\(connection.path)': a failed statement has rolled the transaction back"
            redo(without: job, failure ?? StorageError(.invalidStatement, swallowed))
        }
    }

    private mutating func begin() throws(StorageError) {
        guard !isUnderWay else { return }
        if let refusal { throw refusal }
        try connection.checkFile()
        try connection.run("BEGIN IMMEDIATE")
        isUnderWay = true
    }

    /// Does one job.
    ///
    /// - Returns: why it failed, and has changed nothing; where there is no transaction any more, all of it is lost.
    private func failure(of job: Job) -> (any Error)? {
        let hasSavepoint = job.kind == .severalStatements
        do {
            if hasSavepoint { try connection.run("SAVEPOINT \(SQLiteConnection.savepoint)") }
            try job.perform(on: connection)
            if hasSavepoint, connection.isInTransaction {
                try connection.checkReferences()
                try connection.run("RELEASE \(SQLiteConnection.savepoint)")
            }
            return nil
        } catch {
            if hasSavepoint, connection.isInTransaction { undo() }
            return error
        }
    }

    private func undo() {
        do throws(StorageError) {
            try connection.run("ROLLBACK TO \(SQLiteConnection.savepoint)")
            try connection.run("RELEASE \(SQLiteConnection.savepoint)")
        } catch {
            try? connection.run("ROLLBACK")
        }
    }

    // MARK: - When the transaction is lost

    /// The transaction is lost to a job: the others are done again without it, and it by itself.
    private mutating func redo(without job: Job, _ failure: any Error) {
        let others = lose()
        guard !others.isEmpty else { return job.finish(failure) }
        redo(others[...])
        redo([job])
    }

    /// The transaction could not be committed.
    ///
    /// Where there is no room for all, there may be for some: each half is done again. Any other failure is none of a job's.
    private mutating func redo(after failure: StorageError) {
        let jobs = lose()
        guard failure.code == .full, jobs.count > 1 else {
            for job in jobs { job.finish(failure) }
            return
        }
        let middle = jobs.count / 2
        redo(jobs[..<middle])
        redo(jobs[middle...])
    }

    private mutating func redo(_ jobs: ArraySlice<Job>) {
        for job in jobs { perform(job) }
        _ = commit()
    }

    /// - Returns: the jobs that were done in it.
    private mutating func lose() -> [Job] {
        isUnderWay = false
        if connection.isInTransaction { try? connection.run("ROLLBACK") }
        observer?.rolledBack()
        return exchange(&outcomes, with: []).map(\.job)
    }
}
