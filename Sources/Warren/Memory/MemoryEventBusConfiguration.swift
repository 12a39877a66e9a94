/// How a ``MemoryEventBus`` behaves.
public struct MemoryEventBusConfiguration: Sendable, Hashable {
    /// Where handlers run.
    public enum Dispatch: Sendable, Hashable {
        /// A publish waits for them: observers run in the task that publishes, subscriptions in their own.
        ///
        /// No limit of handlers and no timeout holds for observers then.
        case inPlace
        /// A publish hands the event to queues that handlers work off.
        case buffered
    }

    /// Where handlers run.
    public var dispatch: Dispatch = .buffered

    /// How many events may wait for one observer or subscription.
    ///
    /// An observer that falls further behind loses the oldest; a publish waits for a subscription.
    public var bufferSize: Int = 1000

    /// How long a publish waits for room in a subscription's queue, and for handlers in place.
    public var publishTimeout: Duration = .seconds(30)

    /// What all handlers of the bus share.
    public var limits = HandlerLimits()

    /// Whether handlers get what another process would: each event written as JSON and read again.
    ///
    /// For tests, to find what does not survive that.
    public var forcesJSON: Bool = false

    /// Creates the default configuration.
    public init() {}

    func check() throws(EventBusError) {
        guard (1...10_000_000).contains(bufferSize) else {
            throw EventBusError(.invalidConfiguration, "a buffer of \(bufferSize), but 1 to 10,000,000 make sense")
        }
        guard publishTimeout >= .zero else {
            throw EventBusError(.invalidConfiguration, "a publish timeout of \(publishTimeout)")
        }
        try limits.check()
    }
}
