extension EventBus {
    /// Handles every event of a type, at least once, whichever of the processes that share the subscription does it.
    ///
    /// A handler that returns has dealt with the event. One that throws is tried again by the policy; after the last
    /// attempt the event is a dead letter, which waits where an operator can see it. Data that are no such type are a
    /// dead letter at once, and so is an event of another name, which a binding from earlier times may bring.
    ///
    /// - Parameters:
    ///   - type: the type.
    ///   - name: names the subscription, and its queue; at most 200 bytes, not beginning with `amq.`.
    ///   - retry: how often and when a failed event is tried again.
    ///   - concurrency: how many events are handled at a time; order holds only with 1.
    ///   - timeout: after how long a handler is cancelled, which counts as a failure; `nil`: as the bus has it.
    ///   - handler: what to do with each.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @inlinable
    @discardableResult
    public func subscribe<E: Event>(
        _ type: E.Type,
        as name: String,
        retry: RetryPolicy = .none,
        concurrency: Int = 1,
        timeout: Duration? = nil,
        _ handler: @escaping @Sendable (E, EventContext) async throws -> Void
    ) throws(EventBusError) -> EventSubscription {
        let pattern = try TopicPattern(subscribing: type)
        return try add(
            Subscriber(name, to: [pattern], retry, concurrency, timeout) { context in
                try await handler(try context.occurrence.decode(named: pattern.text), context)
                return .ack
            }
        )
    }

    /// Handles every event of a type, at least once, with a handler that decides what becomes of it.
    ///
    /// - Parameters:
    ///   - type: the type.
    ///   - name: names the subscription, and its queue; at most 200 bytes, not beginning with `amq.`.
    ///   - retry: how often and when a failed event is tried again.
    ///   - concurrency: how many events are handled at a time; order holds only with 1.
    ///   - timeout: after how long a handler is cancelled, which counts as a failure; `nil`: as the bus has it.
    ///   - deciding: what to do with each; throwing is a failure, as above.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @inlinable
    @discardableResult
    @_disfavoredOverload  // A trailing closure that decides nothing is the other kind of handler.
    public func subscribe<E: Event>(
        _ type: E.Type,
        as name: String,
        retry: RetryPolicy = .none,
        concurrency: Int = 1,
        timeout: Duration? = nil,
        deciding: @escaping @Sendable (E, EventContext) async throws -> Disposition
    ) throws(EventBusError) -> EventSubscription {
        let pattern = try TopicPattern(subscribing: type)
        return try add(
            Subscriber(name, to: [pattern], retry, concurrency, timeout) { context in
                try await deciding(try context.occurrence.decode(named: pattern.text), context)
            }
        )
    }

    /// Handles every event that one of the patterns matches, at least once, as an envelope.
    ///
    /// - Parameters:
    ///   - patterns: AMQP topic patterns over event types: `*` is one word, `#` any number.
    ///   - name: names the subscription, and its queue; at most 200 bytes, not beginning with `amq.`.
    ///   - retry: how often and when a failed event is tried again.
    ///   - concurrency: how many events are handled at a time; order holds only with 1.
    ///   - timeout: after how long a handler is cancelled, which counts as a failure; `nil`: as the bus has it.
    ///   - handler: what to do with each.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @discardableResult
    public func subscribe(
        to patterns: [String],
        as name: String,
        retry: RetryPolicy = .none,
        concurrency: Int = 1,
        timeout: Duration? = nil,
        _ handler: @escaping @Sendable (EventEnvelope, EventContext) async throws -> Void
    ) throws(EventBusError) -> EventSubscription {
        try add(
            Subscriber(name, to: try TopicPattern.list(subscribing: patterns), retry, concurrency, timeout) { context in
                try await handler(try context.envelope, context)
                return .ack
            }
        )
    }

    /// Handles every event that one of the patterns matches, at least once, with a handler that decides what becomes of
    /// it.
    ///
    /// - Parameters:
    ///   - patterns: AMQP topic patterns over event types: `*` is one word, `#` any number.
    ///   - name: names the subscription, and its queue; at most 200 bytes, not beginning with `amq.`.
    ///   - retry: how often and when a failed event is tried again.
    ///   - concurrency: how many events are handled at a time; order holds only with 1.
    ///   - timeout: after how long a handler is cancelled, which counts as a failure; `nil`: as the bus has it.
    ///   - deciding: what to do with each; throwing is a failure, as above.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @discardableResult
    @_disfavoredOverload  // A trailing closure that decides nothing is the other kind of handler.
    public func subscribe(
        to patterns: [String],
        as name: String,
        retry: RetryPolicy = .none,
        concurrency: Int = 1,
        timeout: Duration? = nil,
        deciding: @escaping @Sendable (EventEnvelope, EventContext) async throws -> Disposition
    ) throws(EventBusError) -> EventSubscription {
        try add(
            Subscriber(name, to: try TopicPattern.list(subscribing: patterns), retry, concurrency, timeout) { context in
                try await deciding(try context.envelope, context)
            }
        )
    }
}
