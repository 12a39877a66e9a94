/// An event that a handler has to deal with, as its source hands it over.
package protocol Delivery: Sendable {
    /// The event, or why it cannot be read.
    var occurrence: Result<Occurrence, EventError> { get }

    /// How many attempts failed before it came here.
    var previousAttempts: Int { get }

    /// When the first of them failed.
    var firstFailedAt: EventTimestamp? { get }

    /// Whether it may have been handled before.
    var isRedelivered: Bool { get }

    /// Carries out what was decided; called once, and returns when there is nothing left to do.
    ///
    /// - Returns: whether it could be carried out; otherwise the event comes again.
    func settle(_ outcome: DeliveryOutcome) async -> Bool
}

/// What was decided about a delivery.
package enum DeliveryOutcome: Sendable {
    case handled
    case deadLetter(EventFailure)
    /// Somebody else may have it, or we again.
    case released
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
