internal import FoundationEssentials

/// The members of an object that may be an envelope, sorted by what they are; nothing is required of them yet.
struct EnvelopeMembers {
    /// A map beyond this is carried, not taken apart.
    static let maximumMetadata = 1024

    private let body: [UInt8]
    private var strings: [EventEnvelope.Key: Range<Int>] = [:]
    /// A version that is a whole number: not what it should be, and plain enough.
    private var versionNumber: Range<Int>?
    private(set) var metadata: [String: String]?
    private var data: Range<Int>?
    private(set) var further = JSONMembers()
    /// Known keys with a value of another kind than they should have, and the kind.
    private(set) var misfits: [(key: EventEnvelope.Key, expected: String)] = []

    /// Nothing when `body` is JSON, but no object.
    init?(_ body: [UInt8]) throws(JSONError) {
        self.body = body
        var scanner = JSONScanner(body)
        guard try scanner.object({ self.take($0) }) else {
            _ = try JSONScanner.validate(body)
            return nil
        }
        try scanner.end()
    }

    /// The text of a member that should be a string.
    func text(_ key: EventEnvelope.Key) -> String? {
        strings[key].map { JSONText.text(of: body, in: $0) }
    }

    /// The version, also where it was written as a whole number.
    var version: String? {
        text(.version) ?? versionNumber.map { String(decoding: body[$0], as: UTF8.self) }
    }

    var hasTwoPayloads: Bool { data != nil && strings[.dataBase64] != nil }

    /// The payload; with both kinds there, the JSON.
    func payload() throws(EventError) -> EventPayload? {
        let contentType = text(.contentType)
        if let data { return EventPayload(validJSON: Array(body[data]), contentType: contentType) }
        guard let base64 = text(.dataBase64) else { return nil }
        guard let bytes = Data(base64Encoded: base64) else {
            throw EventError(.invalidEnvelope, "data_base64 is not base64")
        }
        return EventPayload(bytes: Array(bytes), contentType: contentType)
    }

    /// The type without a version at its end, and the version, wherever it stood.
    static func typeAndVersion(
        _ text: String,
        version explicit: String?
    ) throws(EventError) -> (type: String, version: String?) {
        let (type, version) = EventType.splittingVersion(text)
        if let explicit, let version, explicit != version {
            throw EventError(.invalidEnvelope, "event_type '\(text)' contradicts version '\(explicit)'")
        }
        return (type, explicit ?? version)
    }

    /// The members that are texts and nothing more.
    func fill(_ envelope: inout EventEnvelope) {
        envelope.source = text(.source)
        envelope.correlationID = text(.correlationID)
        envelope.causationID = text(.causationID)
        envelope.subject = text(.subject)
        envelope.metadata = metadata
        envelope.timestamp = text(.timestamp).flatMap(EventTimestamp.init)
        envelope.further = further
        if data != nil, let base64 = strings[.dataBase64] {
            envelope.further.append(key: EventEnvelope.Key.dataBase64.rawValue, validJSON: body[base64])
        }
    }

    // MARK: - Sorting

    private mutating func take(_ member: JSONMember) {
        let name = JSONText.text(of: body, in: member.key)
        let value = member.value
        guard let key = EventEnvelope.Key(rawValue: name) else {
            return further.append(key: name, validJSON: body[value.range])
        }
        switch (key, value.kind) {
        case (.data, _):
            data = value.range
        case (_, .null):
            // Many writers say null for what is not there.
            break
        case (.timestamp, .string) where EventTimestamp(JSONText.text(of: body, in: value.range)) == nil:
            misfit(key, value, expected: "an RFC 3339 time, such as 2026-01-31T23:59:59.123Z")
        case (.version, .number) where body[value.range].allSatisfy(\.isDigit):
            versionNumber = value.range
            misfit(key, nil, expected: "a string")
        case (.metadata, .object):
            metadata = map(value.range)
            if metadata == nil { misfit(key, value, expected: "an object of at most 1,024 strings") }
        case (.metadata, _):
            misfit(key, value, expected: "an object of strings")
        case (_, .string):
            strings[key] = value.range
        case (_, _):
            misfit(key, value, expected: "a string")
        }
    }

    /// `value` is carried as it is.
    private mutating func misfit(_ key: EventEnvelope.Key, _ value: JSONSpan?, expected: String) {
        // A body may repeat a key for ever: the first few are enough to say what is wrong.
        if misfits.count < EventEnvelope.Key.allCases.count { misfits.append((key, expected)) }
        if let value { further.append(key: key.rawValue, validJSON: body[value.range]) }
    }

    private func map(_ range: Range<Int>) -> [String: String]? {
        var scanner = JSONScanner(body, at: range.lowerBound)
        var map: [String: String] = [:]
        var fits = true
        _ = try? scanner.object { member in
            fits = fits && member.value.kind == .string && map.count < Self.maximumMetadata
            if !fits { return }
            map[JSONText.text(of: body, in: member.key)] = JSONText.text(of: body, in: member.value.range)
        }
        return fits ? map : nil
    }
}
