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
