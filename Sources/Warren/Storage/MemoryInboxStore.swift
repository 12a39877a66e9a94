package import WarrenRuntime

/// An inbox in memory: it forgets all when the process ends, and knows of no other process.
///
/// For tests, and for buses that live no longer than the process.
public final class MemoryInboxStore: InboxStore {
    private struct State {
        var handledAt: [InboxKey: WallTime] = [:]
        /// In the order in which they were handled; those before `first` are forgotten.
        var order: [InboxKey] = []
        var first = 0
        var isClosed = false

        mutating func add(_ key: InboxKey, at time: WallTime, capacity: Int) {
            if handledAt.count >= capacity {
                handledAt[order[first]] = nil
                first += 1
            }
            if first > order.count / 2 {
                order.removeFirst(first)
                first = 0
            }
            handledAt[key] = time
            order.append(key)
        }

        mutating func forget(before moment: WallTime) -> Int {
            let before = handledAt.count
            handledAt = handledAt.filter { $0.value >= moment }
            order = order[first...].filter { handledAt[$0] != nil }
            first = 0
            return before - handledAt.count
        }
    }

    private let state = Locked(State())
    private let claims: ClaimTable
    private let retention: Duration
    private let capacity: Int
    private let clock: any RuntimeClock
    private let now: @Sendable () -> WallTime

    /// Creates an empty inbox.
    ///
    /// - Parameters:
    ///   - retention: how long it remembers what was handled.
    ///   - capacity: how many events it remembers at most, some hundred bytes each; the oldest are forgotten first. Default:
    ///     1,000,000.
    /// - Throws: ``StorageError`` with code `invalidConfiguration`.
    public convenience init(
        retention: Duration = .seconds(7 * 86400),
        capacity: Int = 1_000_000
    ) throws(StorageError) {
        try Self.check(retention, capacity)
        self.init(retention: retention, capacity: capacity, clock: SystemClock()) { .now }
    }

    /// Creates an empty inbox whose time is that of a clock of its own, such as one that a test moves.
    ///
    /// - Parameters:
    ///   - retention: how long it remembers what was handled.
    ///   - capacity: how many events it remembers at most.
    ///   - clock: measures how long it remembers, and waits for claims.
    /// - Throws: ``StorageError`` with code `invalidConfiguration`.
    public convenience init(
        retention: Duration = .seconds(7 * 86400),
        capacity: Int = 1_000_000,
        clock: some Clock<Duration>
    ) throws(StorageError) {
        try Self.check(retention, capacity)
        let clock = AdaptedClock(clock)
        self.init(retention: retention, capacity: capacity, clock: clock) { clock.wallTime }
    }

    private static func check(_ retention: Duration, _ capacity: Int) throws(StorageError) {
        guard retention > .zero else {
            throw StorageError(.invalidConfiguration, "an inbox that remembers for \(retention)")
        }
        guard capacity > 0 else {
            let needs = "but it needs at least one"
            throw StorageError(.invalidConfiguration, "an inbox that remembers \(capacity) events, \(needs)")
        }
    }

    package init(
        retention: Duration,
        capacity: Int = 1_000_000,
        clock: any RuntimeClock,
        now: @escaping @Sendable () -> WallTime
    ) {
        self.capacity = capacity
        self.retention = retention
        self.clock = clock
        self.now = now
        claims = ClaimTable(clock: clock)
    }

    /// Claims an event; of a crash nothing is left in memory to know of.
    public func claim(_ key: InboxKey, waitingUpTo wait: Duration) async throws(StorageError) -> InboxAdmission {
        let isTaken = await claims.take(key, until: clock.now.advanced(by: wait))
        do throws(StorageError) {
            guard !Task.isCancelled else { throw StorageError(.cancelled, "stopped before \(key) was claimed") }
            let isHandled = try await isHandled(key)
            if isTaken, !isHandled { return .admitted(MemoryInboxClaim(self, key)) }
            if isTaken { claims.giveBack(key) }
            return isHandled ? .handled : .busy
        } catch {
            if isTaken { claims.giveBack(key) }
            throw error
        }
    }

    /// Whether the event was handled.
    public func isHandled(_ key: InboxKey) async throws(StorageError) -> Bool {
        try state.withLock { state throws(StorageError) in
            try Self.check(state)
            return state.handledAt[key] != nil
        }
    }

    /// Forgets what was handled longer ago than the store is to remember.
    public func prune() async throws(StorageError) -> Int {
        let oldest = now().advanced(by: .zero - retention)
        return try state.withLock { state throws(StorageError) in
            try Self.check(state)
            return state.forget(before: oldest)
        }
    }

    /// Ends the store's work.
    public func close() async {
        state.withLock { $0.isClosed = true }
    }

    private static func check(_ state: State) throws(StorageError) {
        guard !state.isClosed else { throw StorageError(.closed, "the inbox was closed") }
    }

    // MARK: - Claims

    /// Under no lock while `body` runs: the claim keeps others away.
    fileprivate func complete(_ key: InboxKey, _ body: (any StoreTransaction) throws -> Void) async throws {
        guard try await !isHandled(key) else { throw StorageError(.alreadyHandled, "\(key) was handled before") }
        try body(MemoryTransaction())
        try state.withLock { state throws(StorageError) in
            try Self.check(state)
            state.add(key, at: now(), capacity: capacity)
        }
    }

    fileprivate func giveBack(_ key: InboxKey) {
        claims.giveBack(key)
    }
}

/// The transaction of a ``MemoryInboxStore``: there are no rows to write.
public struct MemoryTransaction: StoreTransaction {}

private final class MemoryInboxClaim: InboxClaim {
    let crashes = 0
    let key: InboxKey
    private let store: MemoryInboxStore
    private let life: ClaimLife

    init(_ store: MemoryInboxStore, _ key: InboxKey) {
        self.store = store
        self.key = key
        life = ClaimLife(key) { store.giveBack(key) }
    }

    var isCompleted: Bool { life.isCompleted }

    func putOnRecord() async throws(StorageError) {}

    func complete(writing body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws {
        try life.check()
        try await store.complete(key, body)
        life.end(completed: true)
    }

    func release() async { life.end() }

    func forget() async throws(StorageError) { life.end() }
}
