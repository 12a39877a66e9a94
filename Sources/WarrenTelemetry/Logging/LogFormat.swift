import WarrenRuntime

/// How a record becomes a line; no record, whatever is in it, becomes two.
package enum LogFormat: Sendable {
    /// `2024-06-14T07:01:15.668Z info amqp.connection: connection lost host="a b" attempt=3`
    case text

    /// `{"time":"…","level":"info","label":"amqp.connection","message":"connection lost","fields":{"attempt":"3"}}`
    case json

    /// The line, without its end.
    package func line(_ record: LogRecord) -> String {
        switch self {
        case .text: Self.text(record)
        case .json: Self.json(record)
        }
    }

    private static func text(_ record: LogRecord) -> String {
        var line = record.time.rfc3339
        line += " \(record.level.name) "
        line.append(record.label, escaping: .text)
        line += ": "
        line.append(record.message, escaping: .text)
        for (key, value) in record.fields {
            line += " "
            line.append(key, escaping: .text)
            line += "="
            let needsQuotes = value.isEmpty || value.unicodeScalars.contains { " =\"\\".unicodeScalars.contains($0) }
            if needsQuotes { line += "\"" }
            line.append(value, escaping: needsQuotes ? .quoted : .text)
            if needsQuotes { line += "\"" }
        }
        return line
    }

    private static func json(_ record: LogRecord) -> String {
        var line = "{\"time\":\"\(record.time.rfc3339)\",\"level\":\"\(record.level.name)\",\"label\":\""
        line.append(record.label, escaping: .json)
        line += "\",\"message\":\""
        line.append(record.message, escaping: .json)
        line += "\""
        if !record.fields.isEmpty {
            line += ",\"fields\":{"
            for (index, field) in record.fields.enumerated() {
                line += index == 0 ? "\"" : ",\""
                line.append(field.key, escaping: .json)
                line += "\":\""
                line.append(field.value, escaping: .json)
                line += "\""
            }
            line += "}"
        }
        return line + "}"
    }
}

private enum Escaping {
    /// Only what would break the line or drive a terminal.
    case text
    /// That, and what would end the quotes.
    case quoted
    /// As a JSON string wants it (RFC 8259, section 7).
    case json
}

extension String {
    fileprivate mutating func append(_ text: String, escaping: Escaping) {
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": self += "\\n"
            case "\r": self += "\\r"
            case "\t": self += "\\t"
            case "\"" where escaping != .text, "\\" where escaping != .text:
                self += "\\"
                unicodeScalars.append(scalar)
            case _ where scalar.breaksLines:
                // All of them lie in the basic plane, so four digits do.
                let digits = String(scalar.value, radix: 16)
                self += "\\u" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
            default:
                unicodeScalars.append(scalar)
            }
        }
    }
}

extension Unicode.Scalar {
    /// Control characters, and the line and paragraph separators of Unicode.
    fileprivate var breaksLines: Bool {
        value < 0x20 || (0x7F...0x9F).contains(value) || value == 0x2028 || value == 0x2029
    }
}
