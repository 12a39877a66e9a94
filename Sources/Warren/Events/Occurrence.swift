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

    /// What only some values are published with.
    private final class Particulars: Sendable {
        let correlationID: String?
        let causationID: String?
        let subject: String?
        let metadata: [String: String]?

        init(_ correlationID: String?, _ causationID: String?, _ subject: String?, _ metadata: [String: String]?) {
            self.correlationID = correlationID
            self.causationID = causationID
            self.subject = subject
            self.metadata = metadata
        }
    }

    private enum Origin {
        /// It was published as a value, at that time.
        case value(Kind, Particulars?, milliseconds: Int64)
        case envelope(EventEnvelope)
    }

    /// What was made of a value so far.
    private enum Made {
        case nothing
        case name(String)
        case envelope(EventEnvelope)

        var eventID: String? {
            switch self {
            case .nothing: nil
            case .name(let eventID): eventID
            case .envelope(let envelope): envelope.eventID
            }
        }

        var envelope: EventEnvelope? {
            if case .envelope(let envelope) = self { envelope } else { nil }
        }
    }

    // Many events are published, and few are asked for more than their value: they are kept small.
    private let origin: Origin
    private let made = Locked(Made.nothing)

    @usableFromInline
    init(
        _ kind: Kind,
        eventID: String?,
        correlationID: String?,
        causationID: String?,
        subject: String?,
        metadata: [String: String]?
    ) {
        let isPlain = correlationID == nil && causationID == nil && subject == nil && metadata == nil
        let particulars = isPlain ? nil : Particulars(correlationID, causationID, subject, metadata)
        origin = .value(kind, particulars, milliseconds: WallTime.recent.milliseconds)
        if let eventID { made.withLock { $0 = .name(eventID) } }
    }

    /// An event that came, or was made, as an envelope.
    public init(_ envelope: EventEnvelope) {
        origin = .envelope(envelope)
    }

    /// The envelope that it came, or was made, as.
    var carried: EventEnvelope? {
        if case .envelope(let envelope) = origin { envelope } else { nil }
    }

    /// The event's type, without its version.
    public var eventType: String {
        switch origin {
        case .value(let kind, _, _): kind.type
        case .envelope(let envelope): envelope.eventType
        }
    }

    /// The version of the type.
    public var version: String {
        switch origin {
        case .value(let kind, _, _): kind.version
        case .envelope(let envelope): envelope.version
        }
    }

    /// The service that published it, as far as that is known.
    var source: String? {
        switch origin {
        case .value(let kind, _, _): kind.source
        case .envelope(let envelope): envelope.source
        }
    }

    /// The event's id; one of our own is made when it is first asked for.
    public var eventID: String {
        if case .envelope(let envelope) = origin { return envelope.eventID }
        if let known = made.withLock({ $0.eventID }) { return known }
        let new = UUIDv7.make().description
        return made.withLock { made in
            if let known = made.eventID { return known }
            made = .name(new)
            return new
        }
    }

    /// What the event's consequences are to carry on.
    public var correlationID: String? {
        switch origin {
        case .value(_, let particulars, _): particulars?.correlationID ?? eventID
        case .envelope(let envelope): envelope.correlationID
        }
    }

    /// The event as it travels.
    ///
    /// - Returns: the same envelope each time.
    /// - Throws: ``EventError`` with code `unencodable` when a typed value cannot be written as JSON.
    public func envelope() throws(EventError) -> EventEnvelope {
        switch origin {
        case .envelope(let envelope): return envelope
        case .value(let kind, let particulars, let milliseconds):
            if let known = made.withLock({ $0.envelope }) { return known }
            let payload = try payload()
            let eventID = eventID
            var envelope = EventEnvelope(
                eventID: eventID,
                eventType: kind.type,
                version: kind.version,
                payload: payload
            )
            envelope.timestamp = EventTimestamp(milliseconds: milliseconds)
            envelope.source = kind.source
            envelope.correlationID = particulars?.correlationID ?? eventID
            envelope.causationID = particulars?.causationID
            envelope.subject = particulars?.subject
            envelope.metadata = particulars?.metadata
            // Encoding calls the user's code, so it was done outside the lock; whoever was first is right.
            return made.withLock { [envelope] made in
                if let known = made.envelope { return known }
                made = .envelope(envelope)
                return envelope
            }
        }
    }

    /// The event as a type: the very value that was published, or one read from the data.
    ///
    /// - Parameter type: the type wanted.
    /// - Returns: the event.
    /// - Throws: ``EventError`` with code `undecodable`, saying what is missing or wrong where.
    @inlinable
    public func decode<E: Event>(as type: E.Type = E.self) throws(EventError) -> E {
        if let typed = self as? TypedOccurrence<E> { return typed.event }
        return try EventCoding.decode(envelope())
    }

    /// The same, and only if the event is of that name: another one's data may be readable as `E` by luck.
    @inlinable
    func decode<E: Event>(named name: String) throws(EventError) -> E {
        if let typed = self as? TypedOccurrence<E> { return typed.event }
        return try EventCoding.decode(envelope(named: name))
    }

    @usableFromInline
    func envelope(named name: String) throws(EventError) -> EventEnvelope {
        let envelope = try envelope()
        guard envelope.eventType == name else {
            throw EventError(.undecodable, "the event is an '\(envelope.eventType)', not a '\(name)'")
        }
        return envelope
    }

    /// Overridden where there is a value and no envelope yet.
    func payload() throws(EventError) -> EventPayload { .null }

    /// The same event with nothing left of the typed value, as another process would see it.
    func throughJSON() throws(EventError) -> Occurrence {
        let envelope = try envelope()
        return Occurrence(
            try EventEnvelope(carrying: envelope.json(), properties: CarriedProperties(routingKey: eventType))
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
        eventID: String? = nil,
        correlationID: String? = nil,
        causationID: String? = nil,
        subject: String? = nil,
        metadata: [String: String]? = nil
    ) {
        self.event = event
        super.init(
            kind,
            eventID: eventID,
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
