/// What is known of a dead letter without its data.
public struct DeadLetterHead: Sendable, Hashable {
    /// The event's id; empty where a foreign message has none.
    public var eventID: String
    /// The event's type.
    public var eventType: String
    /// What went wrong, as far as anybody says.
    public var failure: EventFailure
    /// The machine that it went wrong on.
    public var host: String?
    /// The exchange that the event was published to.
    public var exchange: String?
    /// The key that it was published with.
    public var routingKey: String?
    /// Why the broker itself put it where it is, in the broker's own word: `rejected`, `expired`, `maxlen`,
    /// `delivery_limit`; `nil` where a handler's failure did.
    public var brokerReason: String?
    /// How large the message is without its properties, in bytes.
    public var size: Int

    /// Creates a head.
    public init(
        eventID: String,
        eventType: String,
        failure: EventFailure,
        host: String? = nil,
        exchange: String? = nil,
        routingKey: String? = nil,
        brokerReason: String? = nil,
        size: Int
    ) {
        self.eventID = eventID
        self.eventType = eventType
        self.failure = failure
        self.host = host
        self.exchange = exchange
        self.routingKey = routingKey
        self.brokerReason = brokerReason
        self.size = size
    }
}

extension DeadLetterHead: CustomStringConvertible {
    /// The event's type, id and size, and what went wrong.
    public var description: String {
        "\(eventType) \(eventID.isEmpty ? "without an id" : eventID), \(size) bytes: \(failure)"
    }
}
