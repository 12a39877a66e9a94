/// Text as JSON strings, read and written.
package enum JSONText {
    /// The text of a string that the scanner has passed; `range` includes the quotes.
    ///
    /// Half of a surrogate pair, which JSON allows and Unicode does not, becomes U+FFFD.
    package static func text(of bytes: [UInt8], in range: Range<Int>) -> String {
        let inside = bytes[range].dropFirst().dropLast()
        guard inside.contains(UInt8(ascii: "\\")) else { return String(decoding: inside, as: UTF8.self) }
        var text: [UInt8] = []
        text.reserveCapacity(inside.count)
        var units: [UInt16] = []
        var index = inside.startIndex
        while index < inside.endIndex {
            guard inside[index] == UInt8(ascii: "\\"), index + 1 < inside.endIndex else {
                text.append(inside[index])
                index += 1
                continue
            }
            let escape = inside[index + 1]
            index += 2
            guard escape == UInt8(ascii: "u") else {
                text.append(character(escaped: escape))
                continue
            }
            units.append(codeUnit(in: inside[index...].prefix(4)))
            index += 4
            // A pair may follow: both halves have to be read before either means anything.
            if !inside[index...].starts(with: [UInt8(ascii: "\\"), UInt8(ascii: "u")]) {
                text += String(decoding: units, as: UTF16.self).utf8
                units.removeAll(keepingCapacity: true)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Appends `text` as a JSON string.
    package static func append(_ text: String, to json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0x08: json += "\\b".utf8
            case 0x09: json += "\\t".utf8
            case 0x0A: json += "\\n".utf8
            case 0x0C: json += "\\f".utf8
            case 0x0D: json += "\\r".utf8
            case 0..<0x20: json += "\\u00\(byte < 0x10 ? "0" : "")\(String(byte, radix: 16))".utf8
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }

    /// Appends `"key":`, with a comma before it unless it is the first of its object.
    package static func append(key: String, to json: inout [UInt8]) {
        if json.last != UInt8(ascii: "{") { json.append(UInt8(ascii: ",")) }
        append(key, to: &json)
        json.append(UInt8(ascii: ":"))
    }

    /// Valid JSON on one line: line ends can only stand between its parts, where a space means the same.
    package static func onOneLine(_ json: [UInt8]) -> [UInt8] {
        json.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }
    }

    private static func character(escaped byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: byte
        }
    }

    private static func codeUnit(in digits: ArraySlice<UInt8>) -> UInt16 {
        digits.reduce(0) { $0 << 4 | ($1.hexadecimalValue ?? 0) }
    }
}
