public import Warren
package import WarrenRuntime

/// A spool in a SQLite database file of its own, locked against every other process.
///
/// What tasks append at a time shares one transaction and one flush of the disk.
public final class SQLiteSpoolStore: SpoolStore {
    /// How much it may hold, and for how long.
    public let bounds: SpoolBounds
    let thread: WriterThread
    private let ledger: SpoolLedger
    private let now: @Sendable () -> WallTime

    /// Opens a spool, or creates it where there is none.
    ///
    /// - Parameters:
    ///   - path: the file; its folder must exist, on a local disk.
    ///   - bounds: how much it may hold, and for how long. What is there already stays there.
    ///   - configuration: how it is written. The busy timeout is how long another owner is waited for.
    /// - Throws: `StorageError` saying why it cannot be used, with code `inUse` when another process owns it.
    public convenience init(
        path: String,
        bounds: SpoolBounds = SpoolBounds(),
        configuration: SQLiteConfiguration = SQLiteConfiguration()
    ) async throws(StorageError) {
        try await self.init(path: path, bounds: bounds, configuration: configuration) { .now }
    }

    /// Opens a spool that is there; a file without one is refused, and nothing in it is changed.
    package convenience init(
        existing path: String,
        configuration: SQLiteConfiguration
    ) async throws(StorageError) {
        try await self.init(path: path, bounds: SpoolBounds(), configuration: configuration, mustExist: true) { .now }
    }

    package init(
        path: String,
        bounds: SpoolBounds,
        configuration: SQLiteConfiguration,
        mustExist: Bool = false,
        now: @escaping @Sendable () -> WallTime
    ) async throws(StorageError) {
        try bounds.check()
        let ledger = SpoolLedger()
        let thread = try await WriterThread(
            path: path,
            configuration: configuration,
            isExclusive: true,
            requiring: mustExist ? SpoolTables.schema : nil,
            records: SpoolWriter(ledger: ledger, bounds: bounds, now: now)
        )
        self.bounds = bounds
        self.ledger = ledger
        self.thread = thread
        self.now = now
        do throws(StorageError) {
            try await perform { try $0.open() }
        } catch {
            await thread.close()
            throw error
        }
    }

    deinit {
        thread.end()
    }

    /// Appends an entry at the end; returns when it is on the disk.
    public func append(_ entry: SpoolEntry) async throws(StorageError) {
        try await perform(Job(records: Records(entry), on: thread.path))
    }

    /// Appends entries at the end, in their order, all or none of them; returns when they are on the disk.
    public func append(contentsOf entries: [SpoolEntry]) async throws(StorageError) {
        let rows = Records.rows(of: entries)
        guard let first = rows.first else { return }
        if rows.count == 1 { return try await perform(Job(records: first, on: thread.path)) }
        let size = rows.reduce(0) { $0 + $1.bytes.count }
        try await perform(
            Job(.severalStatements, on: thread.path, size: size) { [ledger, bounds, now] connection in
                try SpoolTables(connection, ledger).append(rows, within: bounds, now: now())
            }
        )
    }

    /// Reads entries from the front, in order, and leaves them there; 4 MiB of them at a time, but at least one.
    public func entries(
        after position: SpoolPosition?,
        upTo limit: Int
    ) async throws(StorageError) -> [SpooledEntry] {
        try await value(.reading) {
            try $0.entries(after: position?.number ?? 0, limit: max(0, limit))
        }
    }

    /// Removes entries: the broker has them.
    public func remove(_ positions: [SpoolPosition]) async throws(StorageError) {
        try await perform { try $0.remove(positions) }
    }

    /// Takes an entry out of the line: the broker will never take it as it is.
    public func park(_ position: SpoolPosition, reason: String) async throws(StorageError) {
        try await perform { [now] in try $0.park(position, reason: reason, now: now()) }
    }

    /// What is parked, in the order of its places; 4 MiB at a time, but at least one.
    public func parked(
        after position: SpoolPosition?,
        upTo limit: Int
    ) async throws(StorageError) -> [ParkedEntry] {
        try await value(.reading) {
            try $0.parked(after: position?.number ?? 0, limit: max(0, limit))
        }
    }

    /// Puts parked entries at the end of the line again, as if they had come now.
    public func requeue(_ positions: [SpoolPosition]) async throws(StorageError) -> [SpoolPosition] {
        try await value { [now] in try $0.requeue(positions, now: now()) }
    }

    /// Deletes parked entries.
    public func discard(_ positions: [SpoolPosition]) async throws(StorageError) -> [SpoolPosition] {
        try await value { try $0.discard(positions) }
    }

    /// How much is in the spool now.
    public var status: SpoolStatus { ledger.committedContents.status }

    /// Ends the store's work, and its ownership; also done when nobody has the store any more.
    public func close() async {
        await thread.close()
    }

    private func perform(_ job: Job) async throws(StorageError) {
        if let failure = await thread.failure(of: job) { throw StorageError(wrapping: failure) }
    }

    private func perform(
        _ body: @escaping @Sendable (SpoolTables) throws -> Void
    ) async throws(StorageError) {
        try await perform(
            Job(.severalStatements, on: thread.path) { [ledger] in try body(SpoolTables($0, ledger)) }
        )
    }

    private func value<Value: Sendable>(
        _ kind: Job.Kind = .severalStatements,
        _ body: @escaping @Sendable (SpoolTables) throws -> Value
    ) async throws(StorageError) -> Value {
        try await throwingStorageError {
            try await thread.value(kind) { [ledger] in try body(SpoolTables($0, ledger)) }
        }
    }
}
