internal import FoundationEssentials

/// How an event's members become JSON, and back.
@usableFromInline
enum EventCoding {
    /// Never changed once made, so encoding with it from many threads is safe.
    private static let encoder: JSONEncoder = {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .custom { date, encoder in
            let milliseconds = (date.timeIntervalSince1970 * 1000).rounded()
            // A date may be infinite, which no integer is.
            guard milliseconds.magnitude < 1e15 else {
                let context = EncodingError.Context(codingPath: encoder.codingPath, debugDescription: "no such date")
                throw EncodingError.invalidValue(date, context)
            }
            var container = encoder.singleValueContainer()
            try container.encode(EventTimestamp(milliseconds: Int64(milliseconds)).text)
        }
        return encoder
    }()

    /// Likewise.
    private static let decoder: JSONDecoder = {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .custom { decoder in
            let container = try decoder.singleValueContainer()
            guard let timestamp = EventTimestamp(try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(
                    in: container,
                    debugDescription: "not an RFC 3339 time, such as 2026-01-31T23:59:59.123Z"
                )
            }
            return Date(timeIntervalSince1970: Double(timestamp.milliseconds) / 1000)
        }
        return decoder
    }()

    static func encode(_ event: some Event, type: String) throws(EventError) -> EventPayload {
        do {
            return EventPayload(validJSON: Array(try encoder.encode(event)))
        } catch {
            throw EventError(.unencodable, "the event '\(type)' cannot be written as JSON: \(explain(error))")
        }
    }

    @usableFromInline
    static func decode<E: Event>(_ envelope: EventEnvelope) throws(EventError) -> E {
        guard envelope.payload.isJSON else {
            throw EventError(.undecodable, "the data of '\(envelope.eventType)' is not JSON")
        }
        do {
            return try decoder.decode(E.self, from: Data(envelope.payload.bytes))
        } catch {
            var versions = ""
            if envelope.version != E.version {
                versions = " (it is version \(envelope.version), known is \(E.version))"
            }
            let reason = "the data of '\(envelope.eventType)' is no \(E.self)\(versions): \(explain(error))"
            throw EventError(.undecodable, reason)
        }
    }

    /// The place and the reason; what Foundation prints of these errors is long and holds neither in one piece.
    private static func explain(_ error: any Error) -> String {
        switch error {
        // Said of a number that its member has no room for, without a place; the data are JSON, or they would not be here.
        case DecodingError.dataCorrupted(let context)
        where context.codingPath.isEmpty && context.debugDescription == "The given data was not valid JSON.":
            "a number does not fit into its member, or the data are nested too deep"
        case DecodingError.keyNotFound(let key, let context):
            "'\((context.codingPath + [key]).text)' is missing"
        case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
            DecodingError.dataCorrupted(let context):
            place(context.codingPath, context.debugDescription)
        case EncodingError.invalidValue(_, let context):
            place(context.codingPath, context.debugDescription)
        default:
            "\(error)"
        }
    }

    private static func place(_ path: [any CodingKey], _ reason: String) -> String {
        path.isEmpty ? reason : "'\(path.text)': \(reason)"
    }
}

extension [any CodingKey] {
    fileprivate var text: String {
        map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    }
}
