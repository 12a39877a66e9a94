/// Members of a JSON object kept as the text they came in: `"key":value,"key":value`.
///
/// One buffer and no more, so that a body of a million tiny members costs what it weighs.
public struct JSONMembers: Sendable, Hashable {
    private var text: [UInt8] = []

    /// No members.
    public init() {}

    /// Whether there are none.
    public var isEmpty: Bool { text.isEmpty }

    /// The keys, in order.
    public var keys: [String] {
        var keys: [String] = []
        visit { key, _ in keys.append(key) }
        return keys
    }

    /// The JSON of the last member with this key.
    public subscript(key: String) -> [UInt8]? {
        var found: [UInt8]?
        visit { candidate, value in
            if candidate == key { found = Array(value) }
        }
        return found
    }

    /// Adds a member at the end.
    ///
    /// - Throws: ``EventError`` with code `invalidJSON` when `json` is not exactly one JSON value.
    public mutating func append(key: String, json: [UInt8]) throws(EventError) {
        do {
            let span = try JSONScanner.validate(json)
            append(key: key, validJSON: json[span.range])
        } catch {
            throw EventError(.invalidJSON, "the value of '\(key)' is not JSON: \(error)")
        }
    }

    /// Takes all members with this key away.
    public mutating func remove(_ key: String) {
        var kept = JSONMembers()
        visit { candidate, value in
            if candidate != key { kept.append(key: candidate, validJSON: value) }
        }
        self = kept
    }

    package mutating func append(key: String, validJSON json: some Collection<UInt8>) {
        if !text.isEmpty { text.append(UInt8(ascii: ",")) }
        JSONText.append(key, to: &text)
        text.append(UInt8(ascii: ":"))
        text += json
    }

    package mutating func append(key: String, text: String) {
        var json: [UInt8] = []
        JSONText.append(text, to: &json)
        append(key: key, validJSON: json)
    }

    /// The members as an object.
    package func json() -> [UInt8] {
        [UInt8(ascii: "{")] + text + [UInt8(ascii: "}")]
    }

    package func visit(_ body: (_ key: String, _ value: ArraySlice<UInt8>) -> Void) {
        guard !text.isEmpty else { return }
        let object = json()
        var scanner = JSONScanner(object)
        // It was scanned when it came in, so it cannot fail now.
        _ = try? scanner.object { member in
            body(JSONText.text(of: object, in: member.key), object[member.value.range])
        }
    }
}
