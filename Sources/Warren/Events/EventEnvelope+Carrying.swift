extension EventEnvelope {
    /// Takes a message as it comes, whoever sent it.
    ///
    /// The body is an envelope if it is a JSON object with string `event_id` and `event_type`, and `data` or
    /// `data_base64`; where it says nothing the properties are asked. A version that is a whole number is taken as its text.
    /// Anything else is wrapped.
    ///
    /// - Throws: ``EventError`` with code `invalidEnvelope` when it is an envelope that contradicts itself.
    public init(carrying body: [UInt8], properties: CarriedProperties) throws(EventError) {
        do {
            guard let members = try EnvelopeMembers(body) else {
                self.init(wrapping: body, properties: properties)
                return
            }
            guard let eventID = members.text(.eventID), let type = members.text(.eventType),
                let payload = try members.payload()
            else {
                // Its members may nest as deep as anything may, and then the body as a whole nests too deep.
                self.init(wrapping: body, properties: properties)
                return
            }
            let (eventType, version) = try EnvelopeMembers.typeAndVersion(type, version: members.version)
            self.init(eventID: eventID, eventType: eventType, version: version, payload: payload)
            members.fill(&self)
            let misfits = members.misfits.map(\.key)
            if timestamp == nil, !misfits.contains(.timestamp) { timestamp = properties.eventTimestamp }
            if source == nil, !misfits.contains(.source) { source = properties.appID }
            if correlationID == nil, !misfits.contains(.correlationID) { correlationID = properties.correlationID }
        } catch let error as EventError {
            throw error
        } catch {
            self.init(wrapping: EventPayload(bytes: body, contentType: properties.contentType), properties: properties)
        }
    }

    /// Makes an envelope round a body that is none: its type from the `type` property or else the routing key, its id
    /// from `message-id`, the body as its data.
    public init(wrapping body: [UInt8], properties: CarriedProperties) {
        let payload = (try? EventPayload(json: body)) ?? EventPayload(bytes: body, contentType: properties.contentType)
        self.init(wrapping: payload, properties: properties)
    }

    private init(wrapping payload: EventPayload, properties: CarriedProperties) {
        let text = properties.type.flatMap { $0.isEmpty ? nil : $0 } ?? properties.routingKey
        let (type, version) = EventType.splittingVersion(text)
        // JSON that calls itself something else keeps that name.
        let foreign = properties.contentType.flatMap { $0.isEmpty || $0 == "application/json" ? nil : $0 }
        let payload = payload.isJSON ? EventPayload(validJSON: payload.bytes, contentType: foreign) : payload
        self.init(eventID: properties.messageID ?? "", eventType: type, version: version, payload: payload)
        timestamp = properties.eventTimestamp
        source = properties.appID
        correlationID = properties.correlationID
    }
}

extension CarriedProperties {
    /// The time as an event's; nothing when it is beyond the year 9999 (some senders write milliseconds).
    fileprivate var eventTimestamp: EventTimestamp? {
        guard let timestamp, timestamp <= UInt64(EventTimestamp.range.upperBound / 1000) else { return nil }
        return EventTimestamp(milliseconds: Int64(timestamp) * 1000)
    }
}
