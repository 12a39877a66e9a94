import Warren
import WarrenRuntime

/// Does jobs that write, and commits them together.
///
/// Only what fails by itself fails. A job that fails is undone and harms no other. What makes SQLite give up the whole
/// transaction (`INSERT OR ROLLBACK`, a row for which the disk has no room) is done by itself, after the others were done
/// again without it. Nobody is told before the commit, for a failure too may rest on rows that are lost with it.
///
/// Jobs that come one after the other and bring records are a run, as far as one statement takes them: it writes them all.
struct GroupCommit {
    /// What was done in the transaction that is under way, and why it failed if it did.
    private struct Outcome {
        let job: Job
        let failure: (any Error)?
    }

    /// A transaction that was rolled back.
    private struct Loss {
        /// What was done in it, or was to be, divided into what is to be done again by itself.
        let parts: [[Job]]
        let failure: any Error

        init(parts: [[Job]], failure: any Error) {
            self.parts = parts.filter { !$0.isEmpty }
            self.failure = failure
        }

        /// Whether there was no room for it.
        var isFull: Bool { (failure as? StorageError)?.code == .full }
    }

    private let connection: SQLiteConnection
    private let writer: (any RecordWriter)?
    /// In the order in which they were done.
    private var outcomes: [Outcome] = []
    private var isUnderWay = false
    /// Why no transaction could be begun: whatever was handed over with that job would wait as long, and in vain.
    private var refusal: StorageError?

    init(_ connection: SQLiteConnection, _ writer: (any RecordWriter)?) {
        self.connection = connection
        self.writer = writer
    }

    /// Does jobs in the transaction that is under way, or else in a new one.
    mutating func perform(_ jobs: [Job]) {
        refusal = nil
        var rest = jobs[...]
        while let next = Self.takeRun(from: &rest) {
            let run = next.filter { $0.begin() }[...]
            guard !run.isEmpty, let failure = add(run) else { continue }
            // Who comes after it is not concerned yet.
            redo(after: Loss(parts: [lose()] + Self.halves(of: run), failure: failure))
        }
    }

    /// Commits what is done, and tells who waits.
    ///
    /// - Returns: how long it took; `nil` when there was nothing to commit, or it failed.
    mutating func commit() -> Duration? {
        guard isUnderWay else { return nil }
        let start = SystemClock().now
        if let loss = end() {
            redo(after: loss)
            return nil
        }
        return start.duration(until: SystemClock().now)
    }

    /// Does a run in the transaction that is under way, or else in a new one.
    ///
    /// - Returns: why the transaction is lost, if it is.
    private mutating func add(_ run: ArraySlice<Job>) -> (any Error)? {
        do throws(StorageError) {
            try begin()
        } catch {
            refusal = error
            for job in run { job.finish(error) }
            return nil
        }
        let failures = failures(of: run)
        guard !connection.isInTransaction else {
            for (job, failure) in zip(run, failures) { outcomes.append(Outcome(job: job, failure: failure)) }
            return nil
        }
        // Without an error: caught by a handler, who went on as if nothing were.
        let swallowed = "'\(connection.path)': a failed statement has rolled the transaction back"
        return failures.lazy.compactMap { $0 }.first ?? StorageError(.invalidStatement, swallowed)
    }

    /// Commits the transaction.
    ///
    /// - Returns: what is lost, if it could not be committed.
    private mutating func end() -> Loss? {
        do throws(StorageError) {
            try connection.run("COMMIT")
        } catch {
            let jobs = lose()
            // Where there is no room for all, there may be for some; any other failure is none of a job's.
            guard error.code == .full else { return Loss(parts: [jobs], failure: error) }
            return Loss(parts: Self.halves(of: jobs[...]), failure: error)
        }
        isUnderWay = false
        writer?.committed()
        for outcome in exchange(&outcomes, with: []) { outcome.job.finish(outcome.failure) }
        return nil
    }

    private mutating func begin() throws(StorageError) {
        guard !isUnderWay else { return }
        if let refusal { throw refusal }
        try connection.checkFile()
        try connection.run("BEGIN IMMEDIATE")
        isUnderWay = true
    }

    /// Does a run.
    ///
    /// - Returns: why each job failed, and has changed nothing; where there is no transaction any more, all of it is lost.
    private func failures(of run: ArraySlice<Job>) -> [(any Error)?] {
        let parts = run.compactMap(\.records)
        guard parts.count == run.count else { return run.map { failure(of: $0) } }
        do throws(StorageError) {
            guard let writer else { throw StorageError(.failed, "'\(connection.path)': nobody writes its records") }
            return try writer.write(parts, on: connection)
        } catch {
            if run.count == 1 { return [error] }
            var failures: [(any Error)?] = []
            for half in Self.halves(of: run) {
                guard connection.isInTransaction else { return [error] }
                failures += self.failures(of: half[...])
            }
            return failures
        }
    }

    /// Does one job by itself.
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

    /// Does what is lost again, one part after the other, each in a transaction of its own.
    ///
    /// A part that is lost too is divided further; a job that is lost alone has failed. Once there was no room for one job
    /// alone, all others are tried together once more, and fail if there is none for them: of n jobs on a full disk there are
    /// at most 2 log n + 2 commits.
    private mutating func redo(after loss: Loss) {
        var loss: Loss? = loss
        /// The next one is the last.
        var left: [[Job]] = []
        var isFull = false
        while true {
            if let loss {
                if loss.parts.count > 1, !(isFull && loss.isFull) {
                    left += loss.parts.reversed()
                } else {
                    for job in loss.parts.joined() { job.finish(loss.failure) }
                    if loss.isFull, !isFull {
                        isFull = true
                        left = [Array(left.reversed().joined())]
                    }
                }
            }
            guard let part = left.popLast() else { return }
            loss = perform(together: part)
        }
    }

    /// Does jobs in a transaction of their own.
    ///
    /// - Returns: what is lost, if it is.
    private mutating func perform(together jobs: [Job]) -> Loss? {
        var rest = jobs[...]
        while let run = Self.takeRun(from: &rest) {
            guard let failure = add(run) else { continue }
            return Loss(parts: [lose()] + Self.halves(of: run) + [Array(rest)], failure: failure)
        }
        return isUnderWay ? end() : nil
    }

    /// - Returns: the jobs that were done in it.
    private mutating func lose() -> [Job] {
        isUnderWay = false
        if connection.isInTransaction { try? connection.run("ROLLBACK") }
        writer?.rolledBack()
        return exchange(&outcomes, with: []).map(\.job)
    }

    // MARK: - Runs

    /// Takes the next job, or the next run of those that bring records.
    private static func takeRun(from jobs: inout ArraySlice<Job>) -> ArraySlice<Job>? {
        guard let first = jobs.first else { return nil }
        var (end, size) = (jobs.startIndex + 1, first.size)
        if first.records != nil {
            while end < jobs.endIndex, jobs[end].records != nil, size + jobs[end].size <= Records.capacity {
                size += jobs[end].size
                end += 1
            }
        }
        defer { jobs = jobs[end...] }
        return jobs[..<end]
    }

    private static func halves(of jobs: ArraySlice<Job>) -> [[Job]] {
        let middle = jobs.startIndex + jobs.count / 2
        return [Array(jobs[..<middle]), Array(jobs[middle...])]
    }
}
