/// An event as it travels: who says what, when, and in answer to which other event.
///
/// In JSON it is one object with the keys of ``Key``; what else an object holds is carried in ``further``. The data stay
/// raw bytes until somebody wants a type.
public struct EventEnvelope: Sendable, Hashable {
    /// Names this event: a UUIDv7 when it is ours, any text when foreign, empty when a foreign message has none.
    public var eventID: String
    /// The type, never with a version at its end; a foreign one may be any text.
    public var eventType: String
    /// The version of the type.
    public var version: String
    /// When it happened.
    public var timestamp: EventTimestamp?
    /// The service that says so.
    public var source: String?
    /// The same in all events that follow from one first event.
    public var correlationID: String?
    /// The id of the event that this one answers.
    public var causationID: String?
    /// What the event is about, within its source.
    public var subject: String?
    /// Anything in short texts; `traceparent` lives here.
    public var metadata: [String: String]?
    /// What happened.
    public var payload: EventPayload
    /// Members that Warren does not know, and those it knows whose value is of another kind than it expects.
    public var further: JSONMembers

    /// An event of our own.
    ///
    /// Unless given, the id is a new UUIDv7, the time now, and the correlation id the event's own, since an event
    /// without a cause begins something.
    public init(
        eventID: String = UUIDv7.make().description,
        type: EventType,
        timestamp: EventTimestamp = .now(),
        source: String,
        correlationID: String? = nil,
        causationID: String? = nil,
        subject: String? = nil,
        metadata: [String: String]? = nil,
        payload: EventPayload
    ) {
        self.init(eventID: eventID, eventType: type.name, version: type.version, payload: payload)
        self.timestamp = timestamp
        self.source = source
        self.correlationID = correlationID ?? eventID
        self.causationID = causationID
        self.subject = subject
        self.metadata = metadata
    }

    init(eventID: String, eventType: String, version: String?, payload: EventPayload) {
        self.eventID = eventID
        self.eventType = eventType
        self.version = version ?? Self.defaultVersion
        self.payload = payload
        self.further = JSONMembers()
    }

    /// The version of a type that nobody has given one.
    public static let defaultVersion = "1"

    /// The keys of an envelope in JSON.
    public enum Key: String, Sendable, CaseIterable {
        case eventID = "event_id"
        case eventType = "event_type"
        case version
        case timestamp
        case source
        case correlationID = "correlation_id"
        case causationID = "causation_id"
        case subject
        case metadata
        case contentType = "content_type"
        case data
        case dataBase64 = "data_base64"
    }
}
