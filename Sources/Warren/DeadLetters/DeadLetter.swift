/// An event that its subscription could not deal with, and why.
public struct DeadLetter: Sendable, Hashable {
    /// The event.
    public var event: EventEnvelope
    /// What is known of it beside the event.
    public var head: DeadLetterHead

    /// Creates a dead letter.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - head: what is known of it beside the event.
    public init(event: EventEnvelope, head: DeadLetterHead) {
        self.event = event
        self.head = head
    }

    /// Creates a dead letter of which nothing more is known.
    ///
    /// - Parameters:
    ///   - event: the event; its size is that of its JSON.
    ///   - failure: what went wrong.
    public init(event: EventEnvelope, failure: EventFailure) {
        self.init(
            event: event,
            head: DeadLetterHead(
                eventID: event.eventID,
                eventType: event.eventType,
                failure: failure,
                size: event.json().count
            )
        )
    }

    /// What went wrong.
    public var failure: EventFailure { head.failure }
}

extension DeadLetter: CustomStringConvertible {
    /// The event, and what went wrong.
    public var description: String { "\(event): \(failure)" }
}
