extension EventBus {
    /// Shows every event that a pattern matches to a handler, as an envelope.
    ///
    /// At most once: what comes while nobody looks, or faster than the handler takes it, is not kept. What the handler
    /// throws is reported and changes nothing.
    ///
    /// - Parameters:
    ///   - pattern: an AMQP topic pattern over event types: `*` is one word, `#` any number.
    ///   - handler: what to do with each.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @discardableResult
    public func observe(
        _ pattern: String,
        _ handler: @escaping @Sendable (EventEnvelope, EventContext) async throws -> Void
    ) throws(EventBusError) -> EventSubscription {
        try add(
            Observer([try TopicPattern(subscribing: pattern)]) { context in
                try await handler(try context.envelope, context)
            }
        )
    }

    /// The same with a handler that waits for nothing, which costs a fraction where it runs in place.
    ///
    /// A closure without `await` is one. What belongs to an actor is called with `await`.
    ///
    /// - Parameters:
    ///   - pattern: an AMQP topic pattern over event types: `*` is one word, `#` any number.
    ///   - handler: what to do with each.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @discardableResult
    public func observe(
        _ pattern: String,
        _ handler: @escaping @Sendable (EventEnvelope, EventContext) throws -> Void
    ) throws(EventBusError) -> EventSubscription {
        let inPlace = InPlaceHandler.plain { context in try handler(try context.envelope, context) }
        return try add(Observer([try TopicPattern(subscribing: pattern)], inPlace))
    }

    /// Shows every event of a type to a handler.
    ///
    /// At most once, as of a pattern.
    ///
    /// - Parameters:
    ///   - type: the type.
    ///   - handler: what to do with each.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @discardableResult
    public func observe<E: Event>(
        _ type: E.Type,
        _ handler: @escaping @Sendable (E, EventContext) async throws -> Void
    ) throws(EventBusError) -> EventSubscription {
        let pattern = try TopicPattern(subscribing: type)
        let inPlace = InPlaceHandler.waiting { context in
            try await handler(try context.occurrence.decode(named: pattern.text), context)
        }
        return try add(Observer([pattern], inPlace, typed: TypedHandler<E>.waiting(handler)))
    }

    /// The same with a handler that waits for nothing, which costs a fraction where it runs in place.
    ///
    /// A closure without `await` is one. What belongs to an actor is called with `await`.
    ///
    /// - Parameters:
    ///   - type: the type.
    ///   - handler: what to do with each.
    /// - Returns: a handle.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    @discardableResult
    public func observe<E: Event>(
        _ type: E.Type,
        _ handler: @escaping @Sendable (E, EventContext) throws -> Void
    ) throws(EventBusError) -> EventSubscription {
        let pattern = try TopicPattern(subscribing: type)
        let inPlace = InPlaceHandler.plain { context in
            try handler(try context.occurrence.decode(named: pattern.text), context)
        }
        return try add(Observer([pattern], inPlace, typed: TypedHandler<E>.plain(handler)))
    }
}

extension TopicPattern {
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    init(subscribing text: String) throws(EventBusError) {
        do {
            self = try TopicPattern(text)
        } catch {
            throw EventBusError(.invalidSubscription, error.message)
        }
    }

    static func list(subscribing texts: [String]) throws(EventBusError) -> [TopicPattern] {
        var patterns: [TopicPattern] = []
        for text in texts { patterns.append(try TopicPattern(subscribing: text)) }
        return patterns
    }

    /// Exactly the events of a type.
    @usableFromInline
    init(subscribing event: (some Event).Type) throws(EventBusError) {
        let type: String
        do throws(EventBusError) {
            type = try Occurrence.Kind(publishing: event, service: "").type
        } catch {
            throw EventBusError(.invalidSubscription, error.message)
        }
        self = try TopicPattern(subscribing: type)
    }
}
