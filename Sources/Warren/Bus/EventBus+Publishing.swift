extension EventBus {
    /// Publishes an event and returns when it is safe: what that means, the receipt says.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - eventID: its id, of 1 to 255 bytes, where it has one already, so that publishing it twice is handling it once;
    ///     unless given, a new UUID.
    ///   - correlationID: what belongs together; unless given, this event begins something.
    ///   - causationID: the id of the event that this one answers.
    ///   - subject: what the event is about, within its source.
    ///   - metadata: anything in short texts.
    /// - Returns: how far it came.
    /// - Throws: ``EventBusError``; `unknown` when nobody knows whether it was taken, also when the task is cancelled.
    @discardableResult
    public func publish(
        _ event: some Event,
        eventID: String? = nil,
        correlationID: String? = nil,
        causationID: String? = nil,
        subject: String? = nil,
        metadata: [String: String]? = nil
    ) async throws(EventBusError) -> PublishReceipt {
        let occurrence = try Occurrence.publishing(
            event,
            service: service,
            eventID: eventID,
            correlationID: correlationID,
            causationID: causationID,
            subject: subject,
            metadata: metadata
        )
        return try await send(occurrence).receipt
    }

    /// Publishes an event that follows from another one: with its correlation id, and its id as the causation id.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - context: that of the handler which publishes.
    /// - Returns: how far it came.
    /// - Throws: as the other ways to publish.
    @discardableResult
    public func publish(
        _ event: some Event,
        causedBy context: EventContext
    ) async throws(EventBusError) -> PublishReceipt {
        try await publish(event, correlationID: context.correlationID, causationID: context.eventID)
    }

    /// Publishes an envelope.
    ///
    /// - Parameter envelope: with a type that may be published.
    /// - Returns: how far it came.
    /// - Throws: as the other ways to publish.
    @discardableResult
    public func publish(_ envelope: EventEnvelope) async throws(EventBusError) -> PublishReceipt {
        try await send(envelope).receipt
    }

    /// Takes an envelope over; what becomes of it is awaited apart.
    ///
    /// - Parameter envelope: with a type that may be published.
    /// - Returns: the publish under way.
    /// - Throws: ``EventBusError`` when it was not taken.
    public func send(_ envelope: EventEnvelope) async throws(EventBusError) -> PendingReceipt {
        try await send(Occurrence(publishing: envelope))
    }
}

extension EventBus {
    /// - Throws: ``EventBusError`` with code `invalidConfiguration` when no service can be called so.
    package static func check(service: String) throws(EventBusError) {
        guard !service.isEmpty, service.utf8.count <= CarriedProperties.maximumLength else {
            let range = "1 to \(CarriedProperties.maximumLength) bytes"
            throw EventBusError(.invalidConfiguration, "a service's name has \(range), not \(service.utf8.count)")
        }
    }
}

extension Occurrence {
    /// An envelope about to be published, once it was found to be one that may be.
    convenience init(publishing envelope: EventEnvelope) throws(EventBusError) {
        self.init(envelope)
        try checkPublishing()
    }

    /// - Throws: ``EventBusError`` with code `invalidEvent` when it may not be published; a typed value was looked at before.
    func checkPublishing() throws(EventBusError) {
        guard let carried else { return }
        do throws(EventError) {
            try carried.checkPublishing()
        } catch {
            throw EventBusError(error)
        }
    }

    /// An event about to be published, once its type was found to be one that may be.
    static func publishing<E: Event>(
        _ event: E,
        service: String,
        eventID: String? = nil,
        correlationID: String?,
        causationID: String?,
        subject: String?,
        metadata: [String: String]?
    ) throws(EventBusError) -> Occurrence {
        let kind = try Kind(publishing: E.self, service: service)
        if let eventID { try check(eventID: eventID) }
        if let correlationID { try check(correlationID: correlationID) }
        return TypedOccurrence(
            event,
            kind,
            eventID: eventID,
            correlationID: correlationID,
            causationID: causationID,
            subject: subject,
            metadata: metadata
        )
    }

    /// Beside the service, which its kind has seen to, what a caller gives and that has to fit a property.
    @usableFromInline
    static func check(correlationID: String) throws(EventBusError) {
        try check(.correlationID, correlationID)
    }

    private static func check(eventID: String) throws(EventBusError) {
        guard !eventID.isEmpty else { throw EventBusError(.invalidEvent, "an event's id may not be empty") }
        try check(.eventID, eventID)
    }

    private static func check(_ key: EventEnvelope.Key, _ text: String) throws(EventBusError) {
        do throws(EventError) {
            try EventEnvelope.check(key, text)
        } catch {
            throw EventBusError(error)
        }
    }
}

extension Occurrence.Kind {
    convenience init(publishing event: (some Event).Type, service: String) throws(EventBusError) {
        do throws(EventError) {
            let type = try EventType(event.type)
            if let version = type.version, event.version != EventEnvelope.defaultVersion, event.version != version {
                throw EventError(.invalidType, "the type '\(type)' contradicts its version '\(event.version)'")
            }
            try EventEnvelope.check(.source, service)
            self.init(type: type.name, version: type.version ?? event.version, source: service)
        } catch {
            throw EventBusError(error)
        }
    }
}
