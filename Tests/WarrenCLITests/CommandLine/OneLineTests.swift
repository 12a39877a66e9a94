import Testing

@testable import WarrenCLI

@Suite("A foreign text on one line of ours")
struct OneLineTests {
    @Test(
        "is as it was, but for what ends a line or tells a terminal what to do",
        arguments: [
            ("", ""), ("id-1", "id-1"), ("é e\u{301} 👩‍👧", "é e\u{301} 👩‍👧"), (#"a\nb"#, #"a\nb"#),
            ("a\u{202E}b\u{2066}\u{200F}", #"a\u{202E}b\u{2066}\u{200F}"#),
            ("\u{645}\u{200C}\u{646}", "\u{645}\u{200C}\u{646}"),
            ("a\nb", #"a\nb"#), ("a\r\nb\t", #"a\r\nb\t"#), ("\u{1B}[2J\0\u{7F}", #"\u{1B}[2J\u{0}\u{7F}"#),
            ("a\u{85}b\u{2028}c\u{2029}", #"a\u{85}b\u{2028}c\u{2029}"#),
        ]
    )
    func line(text: String, expected: String) {
        #expect(text.onOneLine == expected)
    }
}
