/// The dead letters of one subscription: they wait until somebody decides about them.
///
/// Looking changes nothing, however often: none is lost, and the order stays.
///
/// What the operations throw is ``EventBusError``: `notFound` when there is no such subscription, `inUse` while somebody
/// else is at work on the same dead letters, `unavailable` when there is no way to the broker, `closed` when the bus has
/// ended, `cancelled` when the task was. What was done by then stays done, and the message says for how many.
public protocol DeadLetterStore: Sendable {
    /// What is known of dead letters without their data, the oldest first.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most.
    /// - Returns: their heads.
    /// - Throws: as the store says.
    func list(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetterHead]

    /// Whole dead letters, the oldest first.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most.
    /// - Returns: them.
    /// - Throws: as the store says.
    func show(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> [DeadLetter]

    /// Gives dead letters back to their subscription, and to no other: each event comes to its handler again, as the
    /// first attempt of its policy, with the id it has.
    ///
    /// Those that come to be while it goes on are not meant. None is ever lost; a process that is killed in the middle may
    /// leave one both in the subscription and among its dead letters.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most, the oldest first.
    /// - Returns: what became of them.
    /// - Throws: as the store says.
    func requeue(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport

    /// Takes dead letters away for good.
    ///
    /// Those that come to be while it goes on are not meant.
    ///
    /// - Parameters:
    ///   - filter: which.
    ///   - limit: how many at most, the oldest first.
    /// - Returns: what became of them.
    /// - Throws: as the store says.
    func discard(_ filter: DeadLetterFilter, limit: Int) async throws(EventBusError) -> DeadLetterReport

    /// Takes all dead letters away for good, without a look at any.
    ///
    /// - Returns: how many they were.
    /// - Throws: as the store says.
    func purge() async throws(EventBusError) -> Int
}

extension DeadLetterStore {
    /// The same for the oldest hundred.
    public func list(_ filter: DeadLetterFilter = .all) async throws(EventBusError) -> [DeadLetterHead] {
        try await list(filter, limit: 100)
    }

    /// The whole dead letters of one event: one as a rule, and none when it has none.
    public func show(id: String) async throws(EventBusError) -> [DeadLetter] {
        try await show(DeadLetterFilter(ids: [id]), limit: .max)
    }

    /// The same without a limit.
    @discardableResult
    public func requeue(_ filter: DeadLetterFilter) async throws(EventBusError) -> DeadLetterReport {
        try await requeue(filter, limit: .max)
    }

    /// The same without a limit.
    @discardableResult
    public func discard(_ filter: DeadLetterFilter) async throws(EventBusError) -> DeadLetterReport {
        try await discard(filter, limit: .max)
    }
}

/// A bus that lets one at the dead letters of its subscriptions.
public protocol DeadLetterKeeping: EventBus {
    /// The dead letters of a subscription.
    ///
    /// - Parameter name: the subscription's name; whether there is one is said when something is asked of the store.
    /// - Returns: the dead letters.
    func deadLetterStore(of name: String) -> any DeadLetterStore
}
