/// An event that a handler has to deal with, as its source hands it over.
///
/// Exactly one of its three ends is called, once. Each says whether it could be carried out; if not, the event comes
/// again.
package protocol Delivery: Sendable {
    /// The event, or why it cannot be read.
    var occurrence: Result<Occurrence, EventError> { get }

    /// How many attempts failed before it came here.
    var previousAttempts: Int { get }

    /// When the first of them failed.
    var firstFailedAt: EventTimestamp? { get }

    /// Whether it may have been handled before.
    var isRedelivered: Bool { get }

    /// What somebody waits for who waits for this event; `nil` where nobody does.
    var consequences: Consequences? { get }

    /// Whether it comes again whatever is done now: the connection that it came over is gone.
    ///
    /// None of its ends has to be called then.
    var isStale: Bool { get }

    /// Whether it may become stale at all.
    var mayBecomeStale: Bool { get }

    /// It is dealt with.
    func accept() -> Bool

    /// Somebody else may have it, or we again.
    func release() -> Bool

    /// It is a dead letter; returns when that is safe.
    func bury(_ failure: EventFailure) async -> Bool
}

extension Delivery {
    /// Nobody waits.
    package var consequences: Consequences? { nil }

    /// It comes over a connection.
    package var mayBecomeStale: Bool { true }
}

/// Where deliveries come from.
package protocol DeliverySource: Sendable {
    /// The next ones, at least one, as many as are there, but not more than `limit`; none: there will be no more.
    ///
    /// Several workers may call it at a time.
    func next(upTo limit: Int) async -> [any Delivery]

    /// Hands out no more; callable at any time.
    func stop()
}
