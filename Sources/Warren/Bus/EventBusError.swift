/// What went wrong on a bus: a code to decide on, and one sentence with the event or subscription concerned and the
/// reason.
public struct EventBusError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is; new codes may come in minor versions.
    public let code: Code

    /// One sentence for people.
    public let message: String

    /// Whether the broker refused this very event, and not for what passes, such as a full queue.
    package let isForGood: Bool

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.init(code, message, isForGood: false)
    }

    package init(_ code: Code, _ message: String, isForGood: Bool) {
        self.code = code
        self.message = message
        self.isForGood = isForGood
    }

    /// An event that cannot be published.
    public init(_ error: EventError) {
        self.init(.invalidEvent, error.message)
    }

    /// What whoever still wants something of a bus is told.
    package static let busHasEnded = EventBusError(.closed, "the bus has ended")

    /// The sentence.
    public var description: String { message }

    /// The kind of a failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidEvent, invalidSubscription, invalidConfiguration
            case unavailable, refused, unroutable, unknown, overloaded, timedOut, cancelled, closed
            case subscriptionRefused
            case notFound, inUse
            case cannotCommit
        }

        private let kind: Kind

        /// The name of the code.
        public var description: String { kind.rawValue }

        // MARK: - What the caller gave

        /// The event may not be published, or cannot be written as JSON; nothing was sent.
        public static let invalidEvent = Code(kind: .invalidEvent)
        /// A subscription's name, pattern or option makes no sense.
        public static let invalidSubscription = Code(kind: .invalidSubscription)
        /// A configuration value makes no sense.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)

        // MARK: - What became of a publish

        /// There was no way to the broker until the deadline; nothing was sent.
        public static let unavailable = Code(kind: .unavailable)
        /// The broker refused the event: a full queue, a missing permission.
        public static let refused = Code(kind: .refused)
        /// No queue took the event, and its type is configured to need one.
        public static let unroutable = Code(kind: .unroutable)
        /// Whether the broker has the event is not known; publishing it again may make a duplicate, with the same id.
        public static let unknown = Code(kind: .unknown)
        /// A subscription in this process had no room for the event until the deadline.
        ///
        /// Observers and other subscriptions may have had it.
        public static let overloaded = Code(kind: .overloaded)
        /// The handlers that were to be waited for had not ended by the deadline; they go on.
        public static let timedOut = Code(kind: .timedOut)

        // MARK: - The life of the bus

        /// The waiting task was cancelled.
        public static let cancelled = Code(kind: .cancelled)
        /// The bus has ended.
        public static let closed = Code(kind: .closed)
        /// The broker does not let the subscription be: its queue exists with other arguments, a permission is missing.
        public static let subscriptionRefused = Code(kind: .subscriptionRefused)

        // MARK: - Handlers

        /// A handler has nothing to commit to: the bus has no inbox, or the event cannot be told from
        /// others; nothing was written.
        public static let cannotCommit = Code(kind: .cannotCommit)

        // MARK: - Dead letters

        /// There is no such subscription, or it has no place for dead letters.
        public static let notFound = Code(kind: .notFound)
        /// Somebody else is at work on the same dead letters.
        public static let inUse = Code(kind: .inUse)
    }
}
