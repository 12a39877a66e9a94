/// An event that waits for its way to the broker.
///
/// A spool keeps it as it is and understands nothing of it; id and type are for people who look at what is parked.
public struct SpoolEntry: Sendable, Hashable {
    /// The event's id.
    public var eventID: String
    /// The event's type.
    public var eventType: String
    /// Where the bus wants it sent, in the bus's own words.
    public var route: [UInt8]
    /// The event as it goes out.
    public var body: [UInt8]

    /// Creates an entry.
    public init(eventID: String, eventType: String, route: [UInt8], body: [UInt8]) {
        self.eventID = eventID
        self.eventType = eventType
        self.route = route
        self.body = body
    }

    /// What it counts against the bound of a spool, in bytes: all that it holds.
    public var size: Int { eventID.utf8.count + eventType.utf8.count + route.count + body.count }
}

/// A place in a spool; what came later has a later one, and none is used twice while the spool is open.
public struct SpoolPosition: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The place as a number, from 1.
    public let number: Int64

    /// The place with a number, as an operator names it.
    public init(_ number: Int64) {
        self.number = number
    }

    /// The number.
    public var description: String { "\(number)" }

    /// Whether `left` came earlier.
    public static func < (left: SpoolPosition, right: SpoolPosition) -> Bool { left.number < right.number }
}

/// An entry in a spool.
public struct SpooledEntry: Sendable, Hashable {
    /// Its place.
    public let position: SpoolPosition
    /// When it was spooled.
    public let spooledAt: EventTimestamp
    /// The event.
    public let entry: SpoolEntry

    /// Creates what a spool hands out.
    public init(position: SpoolPosition, spooledAt: EventTimestamp, entry: SpoolEntry) {
        self.position = position
        self.spooledAt = spooledAt
        self.entry = entry
    }
}

/// An entry that the broker will never take as it is: it waits for a person to decide.
public struct ParkedEntry: Sendable, Hashable {
    /// The entry; its place is the one that it had in the spool.
    public let spooled: SpooledEntry
    /// When it was parked.
    public let parkedAt: EventTimestamp
    /// Why.
    public let reason: String

    /// Creates what a spool hands out.
    public init(spooled: SpooledEntry, parkedAt: EventTimestamp, reason: String) {
        self.spooled = spooled
        self.parkedAt = parkedAt
        self.reason = reason
    }
}
