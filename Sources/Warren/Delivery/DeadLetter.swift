/// An event that its subscription could not deal with, and why.
public struct DeadLetter: Sendable, Hashable {
    /// The event.
    public var event: EventEnvelope
    /// What went wrong.
    public var failure: EventFailure

    /// Creates a dead letter.
    public init(event: EventEnvelope, failure: EventFailure) {
        self.event = event
        self.failure = failure
    }
}
