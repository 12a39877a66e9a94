extension JSONScanner {
    mutating func scalar() throws(JSONError) -> JSONKind {
        switch peek() {
        case UInt8(ascii: "\""):
            try string()
            return .string
        case UInt8(ascii: "t"):
            try word("true")
            return .boolean
        case UInt8(ascii: "f"):
            try word("false")
            return .boolean
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        case let byte? where byte == UInt8(ascii: "-") || byte.isDigit:
            try number()
            return .number
        default:
            throw unexpected("a value")
        }
    }

    private mutating func word(_ word: StaticString) throws(JSONError) {
        let text = word.description
        for byte in text.utf8 {
            guard take(byte) else { throw unexpected("'\(text)'") }
        }
    }

    private mutating func number() throws(JSONError) {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")) { try digits() }
        if take(UInt8(ascii: ".")) { try digits() }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            try digits()
        }
    }

    private mutating func digits() throws(JSONError) {
        let start = position
        while peek()?.isDigit == true { position += 1 }
        guard position > start else { throw unexpected("a digit") }
    }

    // MARK: - Strings

    /// Passes a string with its quotes; the caller has seen the first one.
    mutating func string() throws(JSONError) {
        position += 1
        while true {
            skipPlainText()
            guard let byte = peek() else { throw unexpected("'\"' at the end of a string") }
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                try escape()
            case 0..<0x20:
                throw unexpected("an escape instead of a control character")
            default:
                try multibyteCharacter(first: byte)
            }
        }
    }

    /// The hot loop: ASCII that needs no attention.
    private mutating func skipPlainText() {
        var index = position
        while index < bytes.count {
            let byte = bytes[index]
            guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else { break }
            index += 1
        }
        position = index
    }

    private mutating func escape() throws(JSONError) {
        position += 1
        switch peek() {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            position += 1
        case UInt8(ascii: "u"):
            position += 1
            for _ in 0..<4 {
                guard let byte = peek(), byte.hexadecimalValue != nil else {
                    throw unexpected("four hexadecimal digits")
                }
                position += 1
            }
        default:
            throw unexpected("an escape character")
        }
    }

    /// Passes one character of two to four bytes (the well-formed sequences of Unicode 15, table 3-7).
    private mutating func multibyteCharacter(first: UInt8) throws(JSONError) {
        let second: ClosedRange<UInt8>
        let length: Int
        switch first {
        case 0xC2...0xDF: (second, length) = (0x80...0xBF, 2)
        case 0xE0: (second, length) = (0xA0...0xBF, 3)
        case 0xED: (second, length) = (0x80...0x9F, 3)
        case 0xE1...0xEF: (second, length) = (0x80...0xBF, 3)
        case 0xF0: (second, length) = (0x90...0xBF, 4)
        case 0xF1...0xF3: (second, length) = (0x80...0xBF, 4)
        case 0xF4: (second, length) = (0x80...0x8F, 4)
        default: throw unexpected("UTF-8")
        }
        position += 1
        for index in 1..<length {
            guard let byte = peek(), (index == 1 ? second : 0x80...0xBF).contains(byte) else {
                throw unexpected("UTF-8")
            }
            position += 1
        }
    }
}

extension UInt8 {
    /// Whether it is an ASCII digit.
    var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

    /// The value of a hexadecimal digit.
    var hexadecimalValue: UInt16? {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(self - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(self - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(self - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
