/// What a transport says about a message beside its body, in terms of no transport.
public struct CarriedProperties: Sendable, Hashable {
    /// The longest a text may be to travel as a property.
    public static let maximumLength = 255

    /// Where the message was sent to: for our own the event type without its version.
    public var routingKey: String
    /// The event's id.
    public var messageID: String?
    /// The event's type.
    public var type: String?
    /// What belongs together.
    public var correlationID: String?
    /// Who sent it.
    public var appID: String?
    /// The media type of the body.
    public var contentType: String?
    /// When it was sent, in seconds since 1970 UTC.
    public var timestamp: UInt64?

    /// Properties, none of them set unless given.
    public init(
        routingKey: String,
        messageID: String? = nil,
        type: String? = nil,
        correlationID: String? = nil,
        appID: String? = nil,
        contentType: String? = nil,
        timestamp: UInt64? = nil
    ) {
        self.routingKey = routingKey
        self.messageID = messageID
        self.type = type
        self.correlationID = correlationID
        self.appID = appID
        self.contentType = contentType
        self.timestamp = timestamp
    }
}
