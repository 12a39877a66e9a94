/// The limits that all handlers of a bus share.
public struct HandlerLimits: Sendable, Hashable {
    /// How many handlers run at a time in the process, observers in place not counted.
    public var maxHandlers: Int
    /// After how long a handler is cancelled, unless its subscription says otherwise.
    ///
    /// It keeps its event until it returns.
    public var timeout: Duration
    /// How long handlers at work may go on when the bus ends; then they are cancelled.
    public var shutdownGrace: Duration
    /// How often an event may end the process alone: then it is a dead letter, with `crash` as its error type.
    ///
    /// Only a bus with an inbox knows. An event that was delivered before is put on record, and if the process ends then it
    /// is handled alone from then on; what counts are ends of the process while it is. That other events were in hand when
    /// a process died does them no harm.
    public var maxCrashes: Int

    /// Limits that suit a service.
    public init(
        maxHandlers: Int = 100,
        timeout: Duration = .seconds(30),
        shutdownGrace: Duration = .seconds(10),
        maxCrashes: Int = 3
    ) {
        self.maxHandlers = maxHandlers
        self.timeout = timeout
        self.shutdownGrace = shutdownGrace
        self.maxCrashes = maxCrashes
    }

    /// - Throws: ``EventBusError`` with code `invalidConfiguration`.
    package func check() throws(EventBusError) {
        guard (1...100_000).contains(maxHandlers) else {
            throw EventBusError(.invalidConfiguration, "\(maxHandlers) handlers, but 1 to 100,000 make sense")
        }
        guard timeout > .zero else {
            throw EventBusError(.invalidConfiguration, "a handler timeout of \(timeout), but a handler needs some time")
        }
        guard shutdownGrace >= .zero else {
            throw EventBusError(.invalidConfiguration, "a shutdown grace of \(shutdownGrace)")
        }
        guard (1...1000).contains(maxCrashes) else {
            throw EventBusError(.invalidConfiguration, "\(maxCrashes) crashes of an event, but 1 to 1,000 make sense")
        }
    }
}
