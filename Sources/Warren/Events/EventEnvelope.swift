internal import WarrenRuntime

/// An event as it travels: who says what, when, and in answer to which other event.
///
/// In JSON it is one object with the keys of ``Key``; what else an object holds is carried in ``further``. The data stay
/// raw bytes until somebody wants a type.
public struct EventEnvelope: Sendable, Hashable {
    private struct Members: Sendable, Hashable {
        var eventID: String
        var eventType: String
        var version: String
        var timestamp: EventTimestamp?
        var source: String?
        var correlationID: String?
        var causationID: String?
        var subject: String?
        var metadata: [String: String]?
        var payload: EventPayload
        var further: JSONMembers
    }

    // So many members are dear to copy, and an envelope is handed on more often than it is changed.
    private var members: Boxed<Members>

    /// Names this event: a UUIDv7 when it is ours, any text when foreign, empty when a foreign message has none.
    public var eventID: String {
        get { members.value.eventID }
        _modify { yield &members.value.eventID }
    }

    /// The type, never with a version at its end; a foreign one may be any text.
    public var eventType: String {
        get { members.value.eventType }
        _modify { yield &members.value.eventType }
    }

    /// The version of the type.
    public var version: String {
        get { members.value.version }
        _modify { yield &members.value.version }
    }

    /// When it happened.
    public var timestamp: EventTimestamp? {
        get { members.value.timestamp }
        _modify { yield &members.value.timestamp }
    }

    /// The service that says so.
    public var source: String? {
        get { members.value.source }
        _modify { yield &members.value.source }
    }

    /// The same in all events that follow from one first event.
    public var correlationID: String? {
        get { members.value.correlationID }
        _modify { yield &members.value.correlationID }
    }

    /// The id of the event that this one answers.
    public var causationID: String? {
        get { members.value.causationID }
        _modify { yield &members.value.causationID }
    }

    /// What the event is about, within its source.
    public var subject: String? {
        get { members.value.subject }
        _modify { yield &members.value.subject }
    }

    /// Anything in short texts; `traceparent` lives here.
    public var metadata: [String: String]? {
        get { members.value.metadata }
        _modify { yield &members.value.metadata }
    }

    /// What happened.
    public var payload: EventPayload {
        get { members.value.payload }
        _modify { yield &members.value.payload }
    }

    /// Members that Warren does not know, and those it knows whose value is of another kind than it expects.
    public var further: JSONMembers {
        get { members.value.further }
        _modify { yield &members.value.further }
    }

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
        let version = version ?? Self.defaultVersion
        let further = JSONMembers()
        members = Boxed(
            Members(eventID: eventID, eventType: eventType, version: version, payload: payload, further: further)
        )
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
