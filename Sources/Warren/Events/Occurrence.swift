internal import WarrenRuntime

/// One event on its way through a process: a typed value or an envelope, each made from the other when it is first asked
/// for.
///
/// Inside a process the typed value itself is handed over; it becomes JSON only when it leaves, or when a handler wants
/// the envelope. Safe to share between tasks.
///
/// `@unchecked Sendable`: everything stored is immutable or behind the lock; the only subclasses are those of this file.
public class Occurrence: @unchecked Sendable {
    /// What all events of one type published by one service have in common.
    @usableFromInline
    final class Kind: Sendable {
        let type: String
        let version: String
        let source: String

        init(type: String, version: String, source: String) {
            self.type = type
            self.version = version
            self.source = source
        }
    }

    private struct Made {
        var eventID: String?
        var envelope: Box?
    }

    /// An envelope has many members: kept apart, an event that nobody wants as an envelope stays small.
    private final class Box: Sendable {
        let envelope: EventEnvelope

        init(_ envelope: EventEnvelope) {
            self.envelope = envelope
        }
    }

    private let kind: Kind
    private let correlation: String?
    private let causation: String?
    private let subject: String?
    private let metadata: [String: String]?
    private let milliseconds: Int64
    private let made: Locked<Made>

    @usableFromInline
    init(
        _ kind: Kind,
        correlationID: String?,
        causationID: String?,
        subject: String?,
        metadata: [String: String]?
    ) {
        self.kind = kind
        self.correlation = correlationID
        self.causation = causationID
        self.subject = subject
        self.metadata = metadata
        milliseconds = WallTime.recent.milliseconds
        made = Locked(Made())
    }

    /// An event that came, or was made, as an envelope.
    public init(_ envelope: EventEnvelope) {
        kind = Kind(type: envelope.eventType, version: envelope.version, source: envelope.source ?? "")
        (correlation, causation, subject, metadata) = (nil, nil, nil, nil)
        milliseconds = 0
        made = Locked(Made(eventID: envelope.eventID, envelope: Box(envelope)))
    }

    /// The event's type, without its version.
    public var eventType: String { kind.type }

    /// The version of the type.
    public var version: String { kind.version }

    /// The event's id; one of our own is made when it is first asked for.
    public var eventID: String {
        if let id = made.withLock({ $0.eventID }) { return id }
        let new = UUIDv7.make().description
        return made.withLock { made in
            let id = made.eventID ?? new
            made.eventID = id
            return id
        }
    }

    /// What the event's consequences are to carry on.
    public var correlationID: String? {
        if let envelope = made.withLock({ $0.envelope }) { return envelope.envelope.correlationID }
        return correlation ?? eventID
    }

    /// The event as it travels.
    ///
    /// - Returns: the same envelope each time.
    /// - Throws: ``EventError`` with code `unencodable` when a typed value cannot be written as JSON.
    public func envelope() throws(EventError) -> EventEnvelope {
        if let box = made.withLock({ $0.envelope }) { return box.envelope }
        let payload = try payload()
        let eventID = eventID
        var envelope = EventEnvelope(eventID: eventID, eventType: kind.type, version: kind.version, payload: payload)
        envelope.timestamp = EventTimestamp(milliseconds: milliseconds)
        envelope.source = kind.source
        envelope.correlationID = correlation ?? eventID
        envelope.causationID = causation
        envelope.subject = subject
        envelope.metadata = metadata
        let box = Box(envelope)
        // Encoding calls the user's code, so it was done outside the lock; whoever was first is right.
        return made.withLock { made in
            let first = made.envelope ?? box
            made.envelope = first
            return first
        }
        .envelope
    }

    /// The event as a type: the very value that was published, or one read from the data.
    ///
    /// - Parameter type: the type wanted.
    /// - Returns: the event.
    /// - Throws: ``EventError`` with code `undecodable`, saying what is missing or wrong where.
    public func decode<E: Event>(as type: E.Type = E.self) throws(EventError) -> E {
        if let typed = self as? TypedOccurrence<E> { return typed.event }
        return try EventCoding.decode(envelope())
    }

    /// Overridden where there is a value and no envelope yet.
    func payload() throws(EventError) -> EventPayload { .null }

    /// The same event with nothing left of the typed value, as another process would see it.
    func throughJSON() throws(EventError) -> Occurrence {
        let envelope = try envelope()
        return Occurrence(
            try EventEnvelope(carrying: envelope.json(), properties: CarriedProperties(routingKey: kind.type))
        )
    }
}

/// An event published as a typed value.
///
/// `@unchecked Sendable`: what it adds to its superclass is immutable.
@usableFromInline
final class TypedOccurrence<E: Event>: Occurrence, @unchecked Sendable {
    @usableFromInline let event: E

    @inlinable
    init(
        _ event: E,
        _ kind: Kind,
        correlationID: String? = nil,
        causationID: String? = nil,
        subject: String? = nil,
        metadata: [String: String]? = nil
    ) {
        self.event = event
        super.init(
            kind,
            correlationID: correlationID,
            causationID: causationID,
            subject: subject,
            metadata: metadata
        )
    }

    override func payload() throws(EventError) -> EventPayload {
        try EventCoding.encode(event, type: eventType)
    }
}
