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

    /// Limits that suit a service.
    public init(
        maxHandlers: Int = 100,
        timeout: Duration = .seconds(30),
        shutdownGrace: Duration = .seconds(10)
    ) {
        self.maxHandlers = maxHandlers
        self.timeout = timeout
        self.shutdownGrace = shutdownGrace
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
    }
}
