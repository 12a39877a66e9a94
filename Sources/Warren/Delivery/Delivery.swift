/// An event that a handler has to deal with, as its source hands it over.
///
/// Exactly one of its four ends is called, once. Each says whether it could be carried out; if not, the event comes
/// again.
package protocol Delivery: Sendable {
    /// The event, or why it cannot be read.
    var occurrence: Result<Occurrence, EventError> { get }

    /// How many attempts failed before it came here.
    var previousAttempts: Int { get }

    /// When the first of them failed.
    var firstFailedAt: EventTimestamp? { get }

    /// How long it is still to be left alone: what is left of a wait that has several parts.
    var remainingDelay: Duration? { get }

    /// Whether it may have been handled before.
    var isRedelivered: Bool { get }

    /// What somebody waits for who waits for this event; `nil` where nobody does.
    var consequences: Consequences? { get }

    /// Whether it comes again whatever is done now: the connection that it came over is gone.
    ///
    /// None of its ends has to be called then.
    var isStale: Bool { get }

    /// Whether the event may come again in another delivery, so that only an inbox knows whether it was handled.
    var mayComeTwice: Bool { get }

    /// Whether it may become stale at all.
    var mayBecomeStale: Bool { get }

    /// Whether it can spend a wait elsewhere, so that nobody has to hold it meanwhile.
    func mayLeave(for delay: Duration) -> Bool

    /// It is dealt with.
    func accept() -> Bool

    /// Somebody else may have it, or we again.
    func release() -> Bool

    /// It comes again after a wait, and knows of its failures then; returns when that is safe.
    func postpone(_ retry: Retry) async -> Bool

    /// It is a dead letter; returns when that is safe.
    func bury(_ failure: EventFailure) async -> Bool
}

extension Delivery {
    /// Nobody waits.
    package var consequences: Consequences? { nil }

    /// Whoever brings it may bring it twice.
    package var mayComeTwice: Bool { true }

    /// It comes over a connection.
    package var mayBecomeStale: Bool { true }

    /// It has waited.
    package var remainingDelay: Duration? { nil }

    /// There is no other place for it.
    package func mayLeave(for delay: Duration) -> Bool { false }

    /// See ``mayLeave(for:)``.
    package func postpone(_ retry: Retry) async -> Bool { false }
}

/// When an event is to be tried again, and what has become of it so far.
package struct Retry: Sendable, Hashable {
    package var delay: Duration
    /// How many attempts failed.
    package var failedAttempts: Int
    package var firstFailedAt: EventTimestamp?

    package init(after delay: Duration, failedAttempts: Int, firstFailedAt: EventTimestamp?) {
        self.delay = delay
        self.failedAttempts = failedAttempts
        self.firstFailedAt = firstFailedAt
    }
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
