public import Warren
package import WarrenRuntime

/// An inbox in a SQLite database, for all processes of one machine that have it open.
///
/// Its tables are in the database of the service, so that what handlers write there and that an event was handled are one
/// (``SQLiteTransaction``). Who is at work on what is locked in a file beside it (`-claims`), and free again as soon as
/// a process ends.
public final class SQLiteInboxStore: InboxStore {
    /// How many events are forgotten in one transaction.
    private static let pruningStep = 1000
    /// How often somebody else's claim, of another process, is looked at again.
    private static let longestPause = Duration.milliseconds(200)

    /// The database.
    public let database: SQLiteDatabase
    private let retention: Duration
    private let clock: any RuntimeClock
    private let now: @Sendable () -> WallTime
    private let claims: ClaimTable
    private let locks: ClaimLocks
    private let isClosed = Locked(false)
    private let lastLook: Locked<ClockLook>
    /// Given back, but still on record as being handled, and locked: another process would take that for a crash.
    private let uncrossed = Locked<Set<InboxKey>>([])
    /// Names this inbox on the records of suspects; no other ever has the same name.
    private let name = UUIDv7.make().description

    /// Opens the inbox of a database, and creates it where there is none.
    ///
    /// - Parameters:
    ///   - database: the database; it stays the caller's to close, after the inbox.
    ///   - retention: how long it remembers what was handled.
    /// - Throws: `StorageError` saying why it cannot be used.
    public convenience init(
        in database: SQLiteDatabase,
        retention: Duration = .seconds(7 * 86400)
    ) async throws(StorageError) {
        try await self.init(in: database, retention: retention, clock: SystemClock()) { .now }
    }

    /// Opens the inbox of a database whose time is that of a clock of its own, such as one that a test moves.
    ///
    /// - Parameters:
    ///   - database: the database; it stays the caller's to close, after the inbox.
    ///   - retention: how long it remembers what was handled.
    ///   - clock: measures how long it remembers, and waits for claims.
    /// - Throws: `StorageError` saying why it cannot be used.
    public convenience init(
        in database: SQLiteDatabase,
        retention: Duration = .seconds(7 * 86400),
        clock: some Clock<Duration>
    ) async throws(StorageError) {
        let clock = AdaptedClock(clock)
        try await self.init(in: database, retention: retention, clock: clock) { clock.wallTime }
    }

    package init(
        in database: SQLiteDatabase,
        retention: Duration,
        clock: any RuntimeClock,
        now: @escaping @Sendable () -> WallTime
    ) async throws(StorageError) {
        guard retention > .zero else {
            throw StorageError(.invalidConfiguration, "an inbox that remembers for \(retention)")
        }
        self.database = database
        self.retention = retention
        self.clock = clock
        self.now = now
        lastLook = Locked(ClockLook(calendar: now(), clock: clock.now))
        claims = ClaimTable(clock: clock)
        locks = try ClaimLocks(beside: database.path)
        try await perform(.severalStatements) { try InboxTables.schema.apply(to: $0.connection) }
    }

    /// Claims an event; waits while somebody else has it, in whatever process.
    public func claim(_ key: InboxKey, waitingUpTo wait: Duration) async throws(StorageError) -> InboxAdmission {
        try checkOpen()
        // What is to be crossed out is locked: whoever wants it here crosses it out by claiming it.
        let wasUncrossed = uncrossed.withLock { $0.remove(key) != nil }
        let isTaken = try await wasUncrossed ? true : take(key, until: clock.now.advanced(by: wait))
        guard isTaken else {
            guard !Task.isCancelled else {
                throw StorageError(.cancelled, "'\(database.path)': stopped before \(key) was claimed")
            }
            return try await isHandled(key) ? .handled : .busy
        }
        do throws(StorageError) {
            // It may have been closed during the wait.
            try checkOpen()
            let record = try await record(of: key)
            if record == .handled {
                giveBack(key)
                return .handled
            }
            var crashes: Int?
            if record == .suspect {
                crashes = try await value(.oneStatement) { [name, now] in
                    try $0.countCrash(of: key, butNotOf: name, now: now())
                }
            }
            return .admitted(SQLiteInboxClaim(self, key, crashesOfSuspect: crashes))
        } catch {
            giveBack(key, isOnRecord: wasUncrossed)
            throw error
        }
    }

    /// Whether the event was handled.
    public func isHandled(_ key: InboxKey) async throws(StorageError) -> Bool {
        try checkOpen()
        return try await record(of: key) == .handled
    }

    /// Forgets what was handled, or crashed, longer ago than the store is to remember.
    ///
    /// When the machine's calendar was set far forward since the inbox was opened, or this was called last, nothing is
    /// forgotten this time: what was marked meanwhile bears too early a time, and is remembered from now on. What bears a
    /// time that has not come yet is remembered until it is old.
    public func prune() async throws(StorageError) -> Int {
        try checkOpen()
        await crossOutSuspects()
        guard try await isCalendarSteady() else { return 0 }
        let limit = Self.pruningStep
        let oldest = now().advanced(by: .zero - retention)
        let suspects = try await inSteps { () throws(StorageError) in try await pruneSuspects(before: oldest) }
        let handled = try await inSteps { () throws(StorageError) in
            try await value(.severalStatements) { try $0.pruneHandled(before: oldest, limit: limit) }
        }
        return suspects + handled
    }

    /// Looks whether the calendar goes with the clock, and mends the marks where it was set forward.
    private func isCalendarSteady() async throws(StorageError) -> Bool {
        let (look, limit) = (ClockLook(calendar: now(), clock: clock.now), Self.pruningStep)
        let former = lastLook.withLock { $0 }
        // Less than that makes no great difference to how long is remembered.
        let outdated = look.outdatedTimes(since: former, tolerance: retention / 8)
        if let outdated {
            _ = try await inSteps { () throws(StorageError) in
                try await value(.severalStatements) { try $0.redate(outdated, to: look.calendar, limit: limit) }
            }
        }
        lastLook.withLock { $0 = look }
        return outdated == nil
    }

    /// Does something to at most so many rows at a time, until there are no more; others have their turn in between.
    private func inSteps(_ step: () async throws(StorageError) -> Int) async throws(StorageError) -> Int {
        var sum = 0
        while true {
            let count = try await step()
            sum += count
            if count < Self.pruningStep { return sum }
        }
    }

    /// Forgets some suspects on whom nobody is at work: those of processes that died too.
    private func pruneSuspects(before oldest: WallTime) async throws(StorageError) -> Int {
        let limit = Self.pruningStep
        var taken: [InboxKey] = []
        defer { for key in taken { giveBack(key) } }
        let suspects = try await value(.reading) { try $0.suspects(seenBefore: oldest, limit: limit) }
        for key in suspects where try await take(key, until: clock.now) { taken.append(key) }
        return try await value(.severalStatements) { [taken] in
            try $0.forgetSuspects(taken, seenBefore: oldest)
        }
    }

    /// Ends the inbox's work, and leaves the database open.
    public func close() async {
        guard !isClosed.withLock({ exchange(&$0, with: true) }) else { return }
        // What cannot be crossed out now counts as a crash later.
        try? await perform(.severalStatements, heedingCancellation: false) { [name] in try $0.endSuspects(of: name) }
        locks.unlockAll()
    }

    // MARK: - Claims

    func putOnRecord(_ key: InboxKey) async throws(StorageError) {
        try await perform(.oneStatement) { [self] in
            // Here nothing comes between: what closing the inbox crosses out is not put on record again.
            try checkOpen()
            try $0.putOnRecord(key, handler: name, now: now())
        }
    }

    func complete(
        _ key: InboxKey,
        isSuspect: Bool,
        _ body: @escaping @Sendable (any StoreTransaction) throws -> Void
    ) async throws {
        try checkOpen()
        try await database.thread.perform(.severalStatements) { [now] connection in
            let tables = InboxTables(connection)
            try tables.markHandled(key, now: now())
            if isSuspect { try tables.forgetSuspect(key) }
            try connection.withTransaction(mayWrite: true) { try body($0) }
        }
        // Something could be written again. In a task of its own, for the handler's commit is done.
        if uncrossed.withLock({ !$0.isEmpty }) { Task { await crossOutSuspects() } }
    }

    /// Notes that no handler has died at an event.
    func endSuspect(_ key: InboxKey) async throws(StorageError) {
        try await endSuspects([key])
    }

    private func endSuspects(_ keys: [InboxKey]) async throws(StorageError) {
        try checkOpen()
        try await perform(.severalStatements, heedingCancellation: false) { [name] in
            try $0.endSuspects(keys, of: name)
        }
    }

    /// The same, and that no crash of it is worth remembering.
    func forgetSuspect(_ key: InboxKey) async throws(StorageError) {
        try checkOpen()
        try await perform(.severalStatements) { try $0.forgetSuspect(key) }
    }

    /// Notes what could not be noted before, all at once, and gives it back at last.
    private func crossOutSuspects() async {
        let keys = uncrossed.withLock { exchange(&$0, with: []) }
        guard !keys.isEmpty else { return }
        do throws(StorageError) {
            try await endSuspects(Array(keys))
            for key in keys { giveBack(key) }
        } catch {
            uncrossed.withLock { $0.formUnion(keys) }
        }
    }

    /// Gives an event back; what is still on record as being handled only when that was crossed out.
    func giveBack(_ key: InboxKey, isOnRecord: Bool = false) {
        guard !isOnRecord else { return uncrossed.withLock { _ = $0.insert(key) } }
        locks.unlock(key)
        claims.giveBack(key)
    }

    /// - Returns: whether it is taken; not when the deadline came or the task was cancelled before it was free.
    private func take(_ key: InboxKey, until deadline: MonotonicTime) async throws(StorageError) -> Bool {
        guard await claims.take(key, until: deadline) else { return false }
        do throws(StorageError) {
            var pause = Duration.milliseconds(5)
            while try !locks.lock(key) {
                let next = min(clock.now.advanced(by: pause), deadline)
                guard clock.now < deadline, (try? await clock.sleep(until: next)) != nil else {
                    claims.giveBack(key)
                    return false
                }
                pause = min(pause * 2, Self.longestPause)
            }
            return true
        } catch {
            claims.giveBack(key)
            throw error
        }
    }

    private func record(of key: InboxKey) async throws(StorageError) -> InboxTables.Record {
        try await value(.reading) { try $0.record(of: key) }
    }

    private func perform(
        _ kind: Job.Kind,
        heedingCancellation heedsCancellation: Bool = true,
        _ body: @escaping @Sendable (InboxTables) throws -> Void
    ) async throws(StorageError) {
        try await throwingStorageError {
            try await database.thread.perform(kind, heedingCancellation: heedsCancellation) {
                try body(InboxTables($0))
            }
        }
    }

    private func value<Value: Sendable>(
        _ kind: Job.Kind,
        _ body: @escaping @Sendable (InboxTables) throws -> Value
    ) async throws(StorageError) -> Value {
        try await throwingStorageError {
            try await database.thread.value(kind) { try body(InboxTables($0)) }
        }
    }

    private func checkOpen() throws(StorageError) {
        guard !isClosed.withLock({ $0 }) else {
            throw StorageError(.closed, "'\(database.path)': the inbox was closed")
        }
    }
}
