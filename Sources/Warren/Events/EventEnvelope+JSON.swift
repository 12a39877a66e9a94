internal import FoundationEssentials

extension EventEnvelope {
    /// The envelope in JSON, without a line end of its own; the data are the bytes they were.
    public func json() -> [UInt8] {
        var json: [UInt8] = [UInt8(ascii: "{")]
        json.reserveCapacity(payload.bytes.count * (payload.isJSON ? 1 : 2) + 512)
        var written: Set<String> = []
        let isExtended = !further.isEmpty
        func append(_ key: Key, _ write: (inout [UInt8]) -> Void) {
            JSONText.append(key: key.rawValue, to: &json)
            write(&json)
            if isExtended { written.insert(key.rawValue) }
        }
        func append(_ key: Key, _ text: String?) {
            guard let text else { return }
            append(key) { JSONText.append(text, to: &$0) }
        }
        append(.eventID, eventID)
        append(.eventType, eventType)
        append(.version, version)
        append(.timestamp, timestamp?.text)
        append(.source, source)
        append(.correlationID, correlationID)
        append(.causationID, causationID)
        append(.subject, subject)
        if let metadata { append(.metadata) { Self.append(metadata, to: &$0) } }
        append(.contentType, payload.contentType)
        if payload.isJSON {
            append(.data) { $0 += payload.bytes }
        } else {
            append(.dataBase64) { json in
                json.append(UInt8(ascii: "\""))
                json += Data(payload.bytes).base64EncodedData()
                json.append(UInt8(ascii: "\""))
            }
        }
        further.visit { key, value in
            // A known key is among these when its value was odd; one set since then takes its place.
            guard !written.contains(key) else { return }
            JSONText.append(key: key, to: &json)
            json += value
        }
        json.append(UInt8(ascii: "}"))
        return json
    }

    private static func append(_ metadata: [String: String], to json: inout [UInt8]) {
        json.append(UInt8(ascii: "{"))
        for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
            JSONText.append(key: key, to: &json)
            JSONText.append(value, to: &json)
        }
        json.append(UInt8(ascii: "}"))
    }
}
