import Testing
import Warren

@Suite("Text as JSON strings")
struct JSONTextTests {
    @Test(
        "reads escapes, pairs and halves of pairs",
        arguments: [
            (#""plain""#, "plain"), (#""a\"\\\/\b\f\n\r\tz""#, "a\"\\/\u{8}\u{C}\n\r\tz"), (#""\u0041\u00e9""#, "Aé"),
            (#""\ud83d\ude00!""#, "😀!"), (#""\ud83d""#, "\u{FFFD}"), (#""\ude00\ud83dx""#, "\u{FFFD}\u{FFFD}x"),
            (#""\ud83d\n\ude00""#, "\u{FFFD}\n\u{FFFD}"), (#""\ud83d\u0041""#, "\u{FFFD}A"), (#""\u0000""#, "\0"),
        ]
    )
    func reading(json: String, text: String) {
        let bytes = Array(json.utf8)
        #expect(JSONText.text(of: bytes, in: bytes.indices) == text)
    }

    @Test("writes what must be escaped and leaves the rest")
    func writing() {
        var json: [UInt8] = []
        JSONText.append("\"\\/\u{8}\u{C}\n\r\t\u{1}\u{1F}\u{7F}é😀", to: &json)
        #expect(String(decoding: json, as: UTF8.self) == "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\u{7F}é😀\"")
    }

    @Test("puts JSON on one line without touching its strings")
    func oneLine() {
        let json = "{\n  \"a\": \"x\\ny\",\r\n  \"b\": 1\n}"
        let line = String(decoding: JSONText.onOneLine(Array(json.utf8)), as: UTF8.self)
        #expect(line == "{   \"a\": \"x\\ny\",    \"b\": 1 }")
    }
}
