/// Keeps events on this machine's disk while there is no way to the broker.
///
/// Events leave in the order in which they came: read them from the front, send them, and remove each that the broker has
/// confirmed. One that the broker will never take is parked, so that it does not hold up the others. Nothing that was
/// accepted is ever deleted by the spool itself: at a bound it accepts nothing more.
///
/// A spool has one owner, this process; a second one is refused with ``StorageError/Code/inUse``. A cancelled task waits
/// no longer, see ``StorageError/Code/cancelled`` and ``StorageError/Code/unknown``.
public protocol SpoolStore: Sendable {
    /// Appends entries at the end, in their order, all or none of them; returns when they are on the disk.
    ///
    /// What many tasks append at a time shares the price of one write.
    ///
    /// - Parameter entries: the entries; none is fine.
    /// - Throws: ``StorageError``, with code `boundReached` when the spool is as large, or its oldest entry as old, as it
    ///   may be. No entry is there then, but for the code `unknown`.
    func append(contentsOf entries: [SpoolEntry]) async throws(StorageError)

    /// Appends an entry at the end; returns when it is on the disk.
    ///
    /// A store may have a shorter way for it than the default, an array of one.
    ///
    /// - Parameter entry: the entry.
    /// - Throws: ``StorageError``, as ``append(contentsOf:)``.
    func append(_ entry: SpoolEntry) async throws(StorageError)

    /// Reads entries from the front, in order, and leaves them there.
    ///
    /// - Parameters:
    ///   - position: what was read last; `nil`: begins at the front.
    ///   - limit: the most entries to read. Fewer come when they are large: some MiB at a time, but at least one.
    /// - Returns: the next entries; none when there are no more.
    /// - Throws: ``StorageError``.
    func entries(
        after position: SpoolPosition?,
        upTo limit: Int
    ) async throws(StorageError) -> [SpooledEntry]

    /// Removes entries: the broker has them.
    ///
    /// - Parameter positions: their places; those that are not there are passed over.
    /// - Throws: ``StorageError``.
    func remove(_ positions: [SpoolPosition]) async throws(StorageError)

    /// Takes an entry out of the line: the broker will never take it as it is.
    ///
    /// - Parameters:
    ///   - position: its place; nothing happens when it is not there.
    ///   - reason: why, for the person who has to decide.
    /// - Throws: ``StorageError``.
    func park(_ position: SpoolPosition, reason: String) async throws(StorageError)

    /// What is parked, in the order of its places.
    ///
    /// - Parameters:
    ///   - position: what was read last; `nil`: begins at the front.
    ///   - limit: the most entries to read, fewer when they are large.
    /// - Returns: the next entries; none when there are no more.
    /// - Throws: ``StorageError``.
    func parked(
        after position: SpoolPosition?,
        upTo limit: Int
    ) async throws(StorageError) -> [ParkedEntry]

    /// Puts parked entries at the end of the line again, as if they had come now.
    ///
    /// - Parameter positions: their places; those that are not there are passed over.
    /// - Returns: the former places of those that were put there, in the same order.
    /// - Throws: ``StorageError``.
    @discardableResult
    func requeue(_ positions: [SpoolPosition]) async throws(StorageError) -> [SpoolPosition]

    /// Deletes parked entries.
    ///
    /// - Parameter positions: their places; those that are not there are passed over.
    /// - Returns: the places of those that were deleted, in the same order.
    /// - Throws: ``StorageError``.
    @discardableResult
    func discard(_ positions: [SpoolPosition]) async throws(StorageError) -> [SpoolPosition]

    /// How much is in the spool now.
    var status: SpoolStatus { get }

    /// Ends the store's work, and its ownership.
    ///
    /// What is under way is finished; what comes later fails with ``StorageError/Code/closed``.
    func close() async
}

extension SpoolStore {
    /// Appends an entry at the end; returns when it is on the disk.
    ///
    /// - Parameter entry: the entry.
    /// - Throws: ``StorageError``, as ``append(contentsOf:)``.
    public func append(_ entry: SpoolEntry) async throws(StorageError) {
        try await append(contentsOf: [entry])
    }
}

/// How much a spool holds.
public struct SpoolStatus: Sendable, Hashable {
    /// How many entries wait for the broker.
    public var count: Int
    /// Their size, in bytes.
    public var bytes: Int
    /// When the first of them was spooled; `nil` when none waits.
    public var oldest: EventTimestamp?
    /// How many entries are parked.
    public var parkedCount: Int
    /// Their size, in bytes.
    public var parkedBytes: Int

    /// Creates a status.
    public init(
        count: Int = 0,
        bytes: Int = 0,
        oldest: EventTimestamp? = nil,
        parkedCount: Int = 0,
        parkedBytes: Int = 0
    ) {
        self.count = count
        self.bytes = bytes
        self.oldest = oldest
        self.parkedCount = parkedCount
        self.parkedBytes = parkedBytes
    }
}

/// How much a spool may hold, and for how long.
public struct SpoolBounds: Sendable, Hashable {
    /// The most bytes of entries, parked ones included.
    ///
    /// The file is somewhat larger, and keeps the bytes of entries that were appended at a time until the last of them has
    /// left. Default: 1 GiB.
    public var bytes: Int

    /// How old the first entry may become before the spool accepts nothing more; parked ones do not count.
    ///
    /// Default: 7 days.
    public var age: Duration

    /// Creates bounds.
    public init(bytes: Int = 1 << 30, age: Duration = .seconds(7 * 86400)) {
        self.bytes = bytes
        self.age = age
    }

    /// - Throws: ``StorageError`` with code `invalidConfiguration`.
    package func check() throws(StorageError) {
        guard bytes > 0 else {
            throw StorageError(.invalidConfiguration, "a spool of \(bytes) bytes, but it needs at least one")
        }
        guard age > .zero else {
            throw StorageError(.invalidConfiguration, "a spool for entries that are \(age) old at most")
        }
    }
}
