import CLinux
import Warren
import WarrenRuntime

/// The thread that alone touches a database file; tasks hand it their work and wait.
///
/// It ends when it is told to, or its file stays open.
final class WriterThread: Sendable {
    let path: String
    private let waker: Waker
    private let queue = Locked(WorkQueue())
    private let over = StopSignal()

    /// Opens the database and starts the thread.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist.
    ///   - configuration: how it is written and shared.
    ///   - isExclusive: whether no other process may have it open.
    ///   - schema: what has to be in the file already; without it nothing in the file is changed.
    ///   - records: writes what jobs bring, where they bring records.
    /// - Throws: why the file cannot be used.
    init(
        path: String,
        configuration: SQLiteConfiguration,
        isExclusive: Bool = false,
        requiring schema: Schema? = nil,
        records: (any RecordWriter)? = nil
    ) async throws(StorageError) {
        try configuration.check()
        self.path = path
        do throws(SystemError) {
            waker = try Waker()
        } catch {
            throw StorageError(.failed, "'\(path)': \(error)")
        }
        let opened: Result<Void, StorageError> = await withCheckedContinuation { opened in
            do throws(SystemError) {
                try IOThread.start(name: "warren-sqlite") {
                    self.run(configuration, isExclusive: isExclusive, requiring: schema, records, opened)
                }
            } catch {
                opened.resume(returning: .failure(StorageError(.failed, "'\(path)': \(error)")))
            }
        }
        try opened.get()
    }

    /// Has something done on the thread and waits for it.
    ///
    /// - Parameters:
    ///   - job: what is to be done.
    ///   - heedsCancellation: otherwise a cancelled task waits for it all the same.
    /// - Returns: why it was not done.
    func failure(of job: Job, heedingCancellation heedsCancellation: Bool = true) async -> (any Error)? {
        await withTaskCancellationHandler {
            await Waiter.wait { waiter in
                if job.wait(waiter) { submit(job) }
            }
        } onCancel: {
            if heedsCancellation { job.cancel() }
        }
    }

    /// The same for what ``Job`` is made of.
    ///
    /// - Throws: what `body` throws, `StorageError`.
    func perform(
        _ kind: Job.Kind,
        heedingCancellation heedsCancellation: Bool = true,
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Void
    ) async throws {
        let job = Job(kind, on: path, body)
        if let failure = await failure(of: job, heedingCancellation: heedsCancellation) { throw failure }
    }

    /// The same for what gives a value.
    ///
    /// - Returns: what `body` returns, when it is committed.
    func value<Value: Sendable>(
        _ kind: Job.Kind,
        _ body: @escaping @Sendable (SQLiteConnection) throws -> Value
    ) async throws -> Value {
        let value = Locked<Value?>(nil)
        try await perform(kind) { connection in
            let result = try body(connection)
            value.withLock { $0 = result }
        }
        guard let value = value.withLock({ $0.take() }) else { throw StorageError(.failed, "'\(path)': was not done") }
        return value
    }

    /// Takes no more work; what was handed over is done, then the file is closed.
    func end() {
        if queue.withLock({ $0.close() }) { waker.wake() }
    }

    /// The same, and waits for it; a cancelled task waits no longer.
    func close() async {
        end()
        await over.wait()
    }

    /// How many jobs wait.
    var waiting: Int { queue.withLock { $0.count } }

    private func submit(_ job: Job) {
        switch queue.withLock({ $0.add(job) }) {
        case true: waker.wake()
        case false: break
        case nil: job.finish(StorageError(.closed, "'\(path)': was closed"))
        }
    }

    // MARK: - The thread

    private func run(
        _ configuration: SQLiteConfiguration,
        isExclusive: Bool,
        requiring schema: Schema?,
        _ records: (any RecordWriter)?,
        _ opened: CheckedContinuation<Result<Void, StorageError>, Never>
    ) {
        // What it gives others to come is not much longer than what timers are late by default.
        _ = warren_set_timer_slack(5000)
        let connection: SQLiteConnection
        do throws(StorageError) {
            try schema?.require(in: path, configuration)
            connection = try SQLiteConnection(path: path, configuration: configuration, isExclusive: isExclusive)
        } catch {
            let isInUse = isExclusive && error.code == .busy
            return opened.resume(returning: .failure(isInUse ? StorageError(inUse: path) : error))
        }
        opened.resume(returning: .success(()))
        serve(connection, records)
        connection.close()
        over.stop()
    }

    private func serve(_ connection: SQLiteConnection, _ records: (any RecordWriter)?) {
        var group = GroupCommit(connection, records)
        let clock = SystemClock()
        while true {
            switch queue.withLock({ $0.next(now: clock.now) }) {
            case .read(let jobs):
                for job in jobs where job.begin() { read(job, connection) }
            case .write(let jobs): group.perform(jobs)
            case .commit:
                guard let duration = group.commit() else { continue }
                queue.withLock { $0.committed(in: duration) }
            case .gather(let duration): waker.sleep(timeout: duration)
            case .sleep: waker.sleep(timeout: nil)
            case .end: return
            }
        }
    }

    private func read(_ job: Job, _ connection: SQLiteConnection) {
        do {
            try job.perform(on: connection)
            job.finish()
        } catch {
            job.finish(error)
        }
    }
}
