/// What a handler is told beside the event.
public struct EventContext: Sendable {
    /// The event.
    public let occurrence: Occurrence

    /// The durable subscription that handles it; `nil` in an observer.
    public let subscription: String?

    /// Which attempt this is, from 1; counted across processes where the broker carries the event from one to the other.
    public let attempt: Int

    /// Whether the event may have been handled before: by this or another process, which did not live to say so.
    public let isRedelivered: Bool

    /// What `commit` commits with; `nil` without an inbox.
    @usableFromInline let claim: HandlerClaim?

    /// Creates what a bus tells a handler; a test of a handler may do so too.
    @inlinable
    public init(
        _ occurrence: Occurrence,
        subscription: String? = nil,
        attempt: Int = 1,
        isRedelivered: Bool = false
    ) {
        self.occurrence = occurrence
        self.subscription = subscription
        self.attempt = attempt
        self.isRedelivered = isRedelivered
        claim = nil
    }

    /// Creates what a bus with an inbox tells a handler, for a test of a handler that commits.
    ///
    /// - Parameters:
    ///   - occurrence: the event.
    ///   - subscription: the subscription that handles it.
    ///   - attempt: which attempt this is.
    ///   - isRedelivered: whether the event may have been handled before.
    ///   - inbox: where the event is claimed when the handler commits.
    public init(
        _ occurrence: Occurrence,
        subscription: String,
        attempt: Int = 1,
        isRedelivered: Bool = false,
        inbox: any InboxStore
    ) {
        self.init(
            occurrence,
            subscription: subscription,
            attempt: attempt,
            isRedelivered: isRedelivered,
            claim: HandlerClaim(inbox, occurrence, subscription)
        )
    }

    init(_ occurrence: Occurrence, subscription: String?, attempt: Int, isRedelivered: Bool, claim: HandlerClaim?) {
        self.occurrence = occurrence
        self.subscription = subscription
        self.attempt = attempt
        self.isRedelivered = isRedelivered
        self.claim = claim
    }

    /// The event's id.
    public var eventID: String { occurrence.eventID }

    /// The event's type, without its version.
    public var eventType: String { occurrence.eventType }

    /// What the event's consequences are to carry on.
    public var correlationID: String? { occurrence.correlationID }

    /// The event as it travels.
    ///
    /// - Throws: ``EventError`` with code `unencodable`, when it was published here as a value that is no JSON.
    public var envelope: EventEnvelope {
        get throws(EventError) { try occurrence.envelope() }
    }
}
