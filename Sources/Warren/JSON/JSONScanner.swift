/// Walks over JSON text (RFC 8259) and says whether it is valid and where its parts lie; it builds nothing.
///
/// Time is linear in the text. Nesting is kept on a stack of its own with a limit, so no input can exhaust the thread's.
package struct JSONScanner {
    /// How deep arrays and objects may nest.
    package static let maximumDepth = 512

    let bytes: [UInt8]
    package internal(set) var position: Int
    private var open: [JSONKind] = []

    package init(_ bytes: [UInt8], at position: Int = 0) {
        self.bytes = bytes
        self.position = position
    }

    /// Checks that `bytes` hold exactly one JSON value.
    ///
    /// - Returns: the value without the white space around it.
    package static func validate(_ bytes: [UInt8]) throws(JSONError) -> JSONSpan {
        var scanner = JSONScanner(bytes)
        let span = try scanner.value()
        try scanner.end()
        return span
    }

    /// Passes one value of any kind.
    package mutating func value() throws(JSONError) -> JSONSpan {
        skipWhitespace()
        let start = position
        let kind = try beginValue()
        while !open.isEmpty {
            try continueContainer()
        }
        return JSONSpan(kind: kind, range: start..<position)
    }

    /// Checks that nothing but white space follows.
    package mutating func end() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else { throw unexpected("the end") }
    }

    // MARK: - Containers

    /// Passes a scalar or an empty container, or enters a container up to its first value.
    private mutating func beginValue() throws(JSONError) -> JSONKind {
        skipWhitespace()
        switch peek() {
        case UInt8(ascii: "{"):
            position += 1
            skipWhitespace()
            if take(UInt8(ascii: "}")) { return .object }
            try enter(.object)
            try key()
            return .object
        case UInt8(ascii: "["):
            position += 1
            skipWhitespace()
            if take(UInt8(ascii: "]")) { return .array }
            try enter(.array)
            return .array
        default:
            return try scalar()
        }
    }

    /// Inside a container: passes one value, then the comma or the brackets that end after it.
    private mutating func continueContainer() throws(JSONError) {
        let depth = open.count
        _ = try beginValue()
        // A container was entered: its first value comes next.
        guard open.count == depth else { return }
        while let container = open.last {
            skipWhitespace()
            if take(UInt8(ascii: ",")) {
                if container == .object { try key() }
                return
            }
            guard take(container == .object ? UInt8(ascii: "}") : UInt8(ascii: "]")) else {
                throw unexpected(container == .object ? "',' or '}'" : "',' or ']'")
            }
            open.removeLast()
        }
    }

    private mutating func enter(_ container: JSONKind) throws(JSONError) {
        guard open.count < Self.maximumDepth else {
            throw JSONError(offset: position - 1, reason: "nested deeper than \(Self.maximumDepth) levels")
        }
        open.append(container)
    }

    /// Passes a key and its colon.
    @discardableResult
    mutating func key() throws(JSONError) -> Range<Int> {
        skipWhitespace()
        guard peek() == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
        let start = position
        try string()
        let end = position
        skipWhitespace()
        guard take(UInt8(ascii: ":")) else { throw unexpected("':'") }
        return start..<end
    }

    // MARK: - Bytes

    func peek() -> UInt8? {
        position < bytes.count ? bytes[position] : nil
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard peek() == byte else { return false }
        position += 1
        return true
    }

    mutating func skipWhitespace() {
        while let byte = peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
            position += 1
        }
    }

    func unexpected(_ expected: String) -> JSONError {
        let found = peek().map { byte in
            byte > 0x20 && byte < 0x7F ? "'\(Character(UnicodeScalar(byte)))'" : "byte 0x\(String(byte, radix: 16))"
        }
        return JSONError(offset: position, reason: "expected \(expected), found \(found ?? "the end")")
    }
}
