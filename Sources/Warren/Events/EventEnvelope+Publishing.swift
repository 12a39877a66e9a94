extension EventEnvelope {
    /// Takes an event that somebody wants to publish, as JSON: only `event_type` is required, the rest is filled in.
    ///
    /// Stricter than carrying: a known key with a value of the wrong kind is an error, so that no typing mistake travels.
    ///
    /// - Parameters:
    ///   - json: the event, one JSON object.
    ///   - source: what `source` is where the JSON has none.
    /// - Throws: ``EventError`` saying what is wrong where.
    public init(completing json: [UInt8], source: String) throws(EventError) {
        let members = try Self.members(of: json)
        if let misfit = members.misfits.first {
            throw EventError(.invalidEnvelope, "\(misfit.key.rawValue) is not \(misfit.expected)")
        }
        guard let text = members.text(.eventType) else {
            throw EventError(.invalidEnvelope, "event_type is missing")
        }
        guard !members.hasTwoPayloads else {
            throw EventError(.invalidEnvelope, "there is both data and data_base64")
        }
        let type = try EventType(text)
        let (_, version) = try EnvelopeMembers.typeAndVersion(text, version: members.text(.version))
        let id = members.text(.eventID).flatMap { $0.isEmpty ? nil : $0 } ?? UUIDv7.make().description
        self.init(eventID: id, eventType: type.name, version: version, payload: try members.payload() ?? .null)
        members.fill(&self)
        timestamp = timestamp ?? .now()
        self.source = self.source ?? source
        correlationID = correlationID ?? id
        try checkPublishing()
    }

    /// The properties to publish this event with.
    ///
    /// - Throws: ``EventError``: `invalidType`, or `fieldTooLong` with the name of a field that does not fit a property.
    public func publishingProperties() throws(EventError) -> CarriedProperties {
        try checkPublishing()
        return carriedProperties
    }

    /// - Throws: as ``publishingProperties()``.
    func checkPublishing() throws(EventError) {
        guard try EventType(eventType).version == nil else {
            throw EventError(.invalidType, "the event type '\(eventType)' has its version in its name")
        }
        try Self.check(.eventID, eventID)
        try Self.check(.correlationID, correlationID)
        try Self.check(.source, source)
    }

    /// - Throws: ``EventError`` with code `fieldTooLong` when the text of a field does not fit a property.
    static func check(_ key: Key, _ text: String?) throws(EventError) {
        guard let length = text?.utf8.count, length > CarriedProperties.maximumLength else { return }
        throw EventError(
            .fieldTooLong,
            "\(key.rawValue) has \(length) bytes, at most \(CarriedProperties.maximumLength) can be published"
        )
    }

    /// The properties that go with this event where it is only passed on: what does not fit is left to the body.
    ///
    /// The routing key is the event type as it is, of whatever length.
    public var carriedProperties: CarriedProperties {
        func fitting(_ text: String?) -> String? {
            text.flatMap { $0.isEmpty || $0.utf8.count > CarriedProperties.maximumLength ? nil : $0 }
        }
        return CarriedProperties(
            routingKey: eventType,
            messageID: fitting(eventID),
            type: fitting(eventType),
            correlationID: fitting(correlationID),
            appID: fitting(source),
            contentType: "application/json",
            timestamp: timestamp.flatMap { UInt64(exactly: $0.milliseconds.dividedRoundingDown(by: 1000)) }
        )
    }

    private static func members(of json: [UInt8]) throws(EventError) -> EnvelopeMembers {
        do {
            if let members = try EnvelopeMembers(json) { return members }
        } catch {
            throw EventError(.invalidJSON, "not JSON: \(error)")
        }
        throw EventError(.invalidEnvelope, "not a JSON object")
    }
}

extension Int64 {
    fileprivate func dividedRoundingDown(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
