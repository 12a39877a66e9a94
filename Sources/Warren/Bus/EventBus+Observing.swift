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

    /// Shows every event of a type to a handler.
    ///
    /// At most once, as ``observe(_:_:)-(String,_)``.
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
        var observer = Observer([try TopicPattern(subscribing: type)]) { context in
            try await handler(try context.occurrence.decode(as: type), context)
        }
        observer.typed = TypedHandler<E>(handler)
        return try add(observer)
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
