import Testing
import Warren

@Suite("The JSON scanner")
struct JSONScannerTests {
    @Test(
        "takes every kind of value and says where it lies",
        arguments: [
            ("null", JSONKind.null, 0..<4), (" true ", .boolean, 1..<5), ("\r\n\tfalse", .boolean, 3..<8),
            ("-0", .number, 0..<2), ("10.5e-3", .number, 0..<7), ("1E+2", .number, 0..<4), ("\"\"", .string, 0..<2),
            ("\"\\u00e9\\\"\\\\/\\b\\f\\n\\r\\t\\/\"", .string, 0..<25), ("[]", .array, 0..<2), ("{ }", .object, 0..<3),
            ("[1,[2,{\"a\":[]}],\"x\"]", .array, 0..<20), ("{\"a\" : 1 , \"b\":{}}", .object, 0..<18),
            ("\"é€😀\u{7F}\"", .string, 0..<12),
        ]
    )
    func valid(text: String, kind: JSONKind, range: Range<Int>) throws {
        #expect(try JSONScanner.validate(Array(text.utf8)) == JSONSpan(kind: kind, range: range))
    }

    @Test(
        "refuses what is no JSON, naming the byte and what should stand there",
        arguments: [
            ("", "byte 0: expected a value, found the end"),
            ("nul", "byte 3: expected 'null', found the end"),
            ("True", "byte 0: expected a value, found 'T'"),
            ("01", "byte 1: expected the end, found '1'"),
            ("-", "byte 1: expected a digit, found the end"),
            ("1.", "byte 2: expected a digit, found the end"),
            ("1e+x", "byte 3: expected a digit, found 'x'"),
            (".5", "byte 0: expected a value, found '.'"),
            ("+1", "byte 0: expected a value, found '+'"),
            ("[1,]", "byte 3: expected a value, found ']'"),
            ("[1 2]", "byte 3: expected ',' or ']', found '2'"),
            ("[1}", "byte 2: expected ',' or ']', found '}'"),
            ("{\"a\":1,}", "byte 7: expected a key in quotes, found '}'"),
            ("{\"a\":1 \"b\"", "byte 7: expected ',' or '}', found '\"'"),
            ("{a:1}", "byte 1: expected a key in quotes, found 'a'"),
            ("{\"a\" 1}", "byte 5: expected ':', found '1'"),
            ("{\"a\":}", "byte 5: expected a value, found '}'"),
            ("{} {}", "byte 3: expected the end, found '{'"),
            ("\"abc", "byte 4: expected '\"' at the end of a string, found the end"),
            ("\"a\nb\"", "byte 2: expected an escape instead of a control character, found byte 0xa"),
            ("\"\\x\"", "byte 2: expected an escape character, found 'x'"),
            ("\"\\u12g4\"", "byte 5: expected four hexadecimal digits, found 'g'"),
            ("\u{FEFF}1", "byte 0: expected a value, found byte 0xef"),
            ("\u{A0}1", "byte 0: expected a value, found byte 0xc2"),
            ("'a'", "byte 0: expected a value, found '''"),
            ("NaN", "byte 0: expected a value, found 'N'"),
        ]
    )
    func invalid(text: String, reason: String) {
        let error = #expect(throws: JSONError.self) { try JSONScanner.validate(Array(text.utf8)) }
        #expect(error?.description == reason)
    }

    @Test(
        "refuses what is no UTF-8",
        arguments: [
            [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x9F, 0x80], [0xE2, 0x82],
            [0xED, 0xA0, 0x80],
            [0xF0, 0x8F, 0xBF, 0xBF], [0xF0, 0x9F, 0x98], [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xFF],
        ] as [[UInt8]]
    )
    func malformed(bytes: [UInt8]) {
        let text = [UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")]
        let error = #expect(throws: JSONError.self) { try JSONScanner.validate(text) }
        #expect(error?.reason.hasPrefix("expected UTF-8") == true)
    }

    @Test("agrees with the standard library on the borders of every class of UTF-8 sequence")
    func sequences() {
        var disagreements: [[UInt8]] = []
        func check(_ bytes: [UInt8]) {
            let scanned = (try? JSONScanner.validate([UInt8(ascii: "\"")] + bytes + [UInt8(ascii: "\"")])) != nil
            if scanned != (String(validating: bytes, as: UTF8.self) != nil) { disagreements.append(bytes) }
        }
        let borders: [UInt8] = [0x41, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0]
        for first in UInt8(0x80)...0xFF {
            check([first])
            for second in borders {
                check([first, second])
                for third in borders {
                    check([first, second, third])
                    for fourth in borders { check([first, second, third, fourth]) }
                }
            }
        }
        #expect(disagreements == [])
    }

    @Test("goes as deep as its limit and no deeper, and never on the thread's own stack")
    func depth() throws {
        let limit = JSONScanner.maximumDepth
        func nested(_ open: String, _ close: String, _ depth: Int) -> [UInt8] {
            Array((String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)).utf8)
        }
        #expect(try JSONScanner.validate(nested("[", "]", limit)).kind == .array)
        #expect(try JSONScanner.validate(nested("{\"a\":", "}", limit)).kind == .object)
        let error = #expect(throws: JSONError.self) { try JSONScanner.validate(nested("[", "]", limit + 1)) }
        #expect(error == JSONError(offset: limit, reason: "nested deeper than 512 levels"))
        #expect(throws: JSONError.self) {
            try JSONScanner.validate([UInt8](repeating: UInt8(ascii: "["), count: 1 << 20))
        }
    }

    @Test("shows the members of an object in order, repeated keys and all")
    func members() throws {
        let text = Array(#" { "a" : 1, "\u0062" : {"x":[1,2]}, "a":"z" } "#.utf8)
        var scanner = JSONScanner(text)
        var seen: [String] = []
        let isObject = try scanner.object { member in
            let value = String(decoding: text[member.value.range], as: UTF8.self)
            seen.append("\(JSONText.text(of: text, in: member.key))=\(value)")
        }
        try scanner.end()
        #expect(isObject)
        #expect(seen == ["a=1", #"b={"x":[1,2]}"#, #"a="z""#])
    }

    @Test("leaves what is no object where it is")
    func noObject() throws {
        var scanner = JSONScanner(Array("  [1]".utf8))
        #expect(try scanner.object { _ in } == false)
        #expect(try scanner.value().kind == .array)
    }
}
