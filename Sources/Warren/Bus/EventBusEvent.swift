/// Something that happened in a bus's background work, for logs and alarms.
public struct EventBusEvent: Sendable, Hashable, CustomStringConvertible {
    /// What kind of thing happened; new kinds may come in minor versions.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case observerFailed, observerOverflowed, handlerFailed, handlerTimedOut, deadLettered, released, unrouted
            case connection, subscriptionLost, notSettled, spooling, spoolEmptied, parked, duplicate, inboxFailed
        }

        private let name: Name

        /// The name of the kind.
        public var description: String { name.rawValue }

        /// An observer's handler threw.
        public static let observerFailed = Kind(name: .observerFailed)
        /// An observer fell so far behind that it lost the oldest events; told once for each time it falls behind.
        public static let observerOverflowed = Kind(name: .observerOverflowed)
        /// A subscription's handler threw, or asked for another attempt.
        public static let handlerFailed = Kind(name: .handlerFailed)
        /// A handler took longer than its timeout, and was cancelled.
        ///
        /// Its event stays its own until it returns.
        public static let handlerTimedOut = Kind(name: .handlerTimedOut)
        /// An event is a dead letter.
        public static let deadLettered = Kind(name: .deadLettered)
        /// An event was given back by its handler.
        public static let released = Kind(name: .released)
        /// An event was published that no queue took.
        public static let unrouted = Kind(name: .unrouted)
        /// The way to the broker: opened, lost, blocked.
        public static let connection = Kind(name: .connection)
        /// A subscription could not be taken up, or was lost; it is tried again.
        public static let subscriptionLost = Kind(name: .subscriptionLost)
        /// What was decided about an event could not be carried out; the event comes again.
        public static let notSettled = Kind(name: .notSettled)
        /// There is no way to the broker: events go into the spool, or do not get out of it.
        public static let spooling = Kind(name: .spooling)
        /// The spool is empty again, and events go straight to the broker.
        public static let spoolEmptied = Kind(name: .spoolEmptied)
        /// An event was put aside in the spool: the broker will never take it, and a person has to decide.
        public static let parked = Kind(name: .parked)
        /// An event came that was handled before, and was not handled again.
        public static let duplicate = Kind(name: .duplicate)
        /// The inbox failed: an event that was to be claimed or committed comes again, one that was handled may be handled
        /// again if it comes again.
        public static let inboxFailed = Kind(name: .inboxFailed)
    }

    /// What happened.
    public let kind: Kind
    /// To which subscription, observer, event type or broker.
    public let subject: String
    /// The id of the event concerned.
    public let eventID: String?
    /// Why, where something went wrong; of a long text the beginning.
    public let reason: String?

    package init(_ kind: Kind, _ subject: String, eventID: String? = nil, reason: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.eventID = eventID
        // With room for the kind of an error before its text.
        self.reason = reason?.cut(toBytes: EventFailure.maximumErrorLength + 512)
    }

    /// One line for people.
    public var description: String {
        let event = eventID.map { "event \($0)" } ?? "events"
        let isPlain = kind == .connection || kind == .spooling || kind == .spoolEmptied
        let subject = isPlain ? subject : "'\(subject)'"
        let happening: String? =
            switch kind {
            case .connection: reason == nil ? "the connection is open" : nil
            case .observerFailed: "\(event) failed in an observer"
            case .observerOverflowed: "an observer loses events"
            case .handlerFailed: "\(event) failed"
            case .handlerTimedOut: "\(event) took too long"
            case .deadLettered: eventID == nil ? "a dead letter" : "\(event) is a dead letter"
            case .released: "\(event) went back"
            case .unrouted: "\(event) found no queue"
            case .subscriptionLost: "no events come now"
            case .notSettled: "\(event) will come again"
            case .spooling: "events wait in it"
            case .spoolEmptied: "all events have gone out"
            case .parked: "\(event) was put aside in the spool"
            case .duplicate: "\(event) was handled before"
            case .inboxFailed: eventID == nil ? "the inbox failed" : "the inbox failed \(event)"
            default: "\(kind)"
            }
        return [subject, happening, reason].compactMap(\.self).joined(separator: ": ")
    }
}
