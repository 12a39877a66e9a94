/// What an event is about: JSON kept as the bytes it came in, or bytes of any other kind.
public struct EventPayload: Sendable, Hashable {
    /// The JSON without white space around it, or the other bytes.
    public let bytes: [UInt8]

    /// Whether `bytes` are valid JSON, which an envelope holds as `data`; other bytes it holds as `data_base64`.
    public let isJSON: Bool

    /// The media type, where it is not plain JSON.
    public let contentType: String?

    /// The payload of an event that has nothing to say beyond its type.
    public static let null = EventPayload(validJSON: Array("null".utf8))

    /// JSON, checked here.
    ///
    /// - Throws: ``EventError`` with code `invalidJSON` and the byte at fault.
    public init(json: [UInt8]) throws(EventError) {
        do {
            let span = try JSONScanner.validate(json)
            self.init(validJSON: span.range == json.indices ? json : Array(json[span.range]))
        } catch {
            throw EventError(.invalidJSON, "the data is not JSON: \(error)")
        }
    }

    /// Bytes that are not JSON.
    public init(bytes: [UInt8], contentType: String? = nil) {
        self.bytes = bytes
        self.isJSON = false
        self.contentType = contentType
    }

    init(validJSON json: [UInt8], contentType: String? = nil) {
        self.bytes = json
        self.isJSON = true
        self.contentType = contentType
    }
}
