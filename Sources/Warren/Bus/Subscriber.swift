/// A durable subscription: which events, under which name, and what is done with them.
public struct Subscriber: Sendable {
    /// What is done with events.
    public enum Handler: Sendable {
        /// One at a time decides what becomes of it.
        case each(@Sendable (EventContext) async throws -> Disposition)
        /// Up to so many at a time, in order, all of them dealt with when it returns.
        ///
        /// Where it throws, each of them is tried again alone, by the policy.
        case batch(upTo: Int, @Sendable ([EventContext]) async throws -> Void)
    }

    /// The longest name, in bytes.
    public static let maximumNameLength = 200

    /// Names the subscription, and its queue.
    public var name: String
    /// Which event types it wants: those that any of these matches.
    public var patterns: [TopicPattern]
    /// How often and when a failed event is tried again.
    public var retry: RetryPolicy
    /// How many handlers run at a time.
    public var concurrency: Int
    /// After how long a handler is cancelled; `nil`: as the bus has it.
    public var timeout: Duration?
    /// How many events may be in this process and not dealt with, where a broker keeps the others; `nil`: enough for the
    /// concurrency and for batches, but no more than can be handled in 25 minutes where each takes its whole timeout.
    ///
    /// A broker takes back what a process has held for 30 minutes, and its events come again.
    public var prefetch: Int?
    /// What is done with the events.
    public var handler: Handler
    /// What limits its handlers where several buses of the process call them.
    var permits: HandlerPermits?

    /// Creates a subscription.
    public init(
        _ name: String,
        to patterns: [TopicPattern],
        retry: RetryPolicy = .none,
        concurrency: Int = 1,
        timeout: Duration? = nil,
        prefetch: Int? = nil,
        handler: Handler
    ) {
        self.name = name
        self.patterns = patterns
        self.retry = retry
        self.concurrency = concurrency
        self.timeout = timeout
        self.prefetch = prefetch
        self.handler = handler
    }

    /// One whose handler decides about each event.
    @usableFromInline
    init(
        _ name: String,
        to patterns: [TopicPattern],
        _ retry: RetryPolicy = .none,
        _ concurrency: Int = 1,
        _ timeout: Duration? = nil,
        _ handler: @escaping @Sendable (EventContext) async throws -> Disposition
    ) {
        self.init(name, to: patterns, retry: retry, concurrency: concurrency, timeout: timeout, handler: .each(handler))
    }

    /// Says what makes no sense.
    ///
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    package func check() throws(EventBusError) {
        func refuse(_ reason: String) throws(EventBusError) -> Never {
            throw EventBusError(.invalidSubscription, "the subscription '\(name.prefix(40))' \(reason)")
        }
        let length = name.utf8.count
        guard length > 0 else { throw EventBusError(.invalidSubscription, "a subscription needs a name") }
        guard length <= Self.maximumNameLength else {
            try refuse("has a name of \(length) bytes, at most \(Self.maximumNameLength) fit")
        }
        guard !name.hasPrefix("amq.") else { try refuse("begins with 'amq.', which is the broker's own") }
        guard !name.utf8.contains(0) else { try refuse("has a zero byte in its name") }
        guard !patterns.isEmpty else { try refuse("wants no events: give at least one type or pattern") }
        guard (1...10_000).contains(concurrency) else {
            try refuse("has a concurrency of \(concurrency), but 1 to 10,000 make sense")
        }
        if let timeout, timeout <= .zero { try refuse("has a timeout of \(timeout), but a handler needs some time") }
        if let prefetch, !(1...65_535).contains(prefetch) {
            try refuse("has a prefetch of \(prefetch), but 1 to 65,535 make sense")
        }
        if case .batch(let limit, _) = handler, !(1...10_000).contains(limit) {
            try refuse("has batches of up to \(limit), but 1 to 10,000 make sense")
        }
        if let objection = retry.objection { try refuse("has a retry policy with \(objection)") }
    }
}
