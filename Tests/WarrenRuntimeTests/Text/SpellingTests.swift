import Testing
import WarrenRuntime

@Suite("The nearest word")
struct SpellingTests {
    @Test(
        "is at most two letters away, and shares a letter",
        arguments: [
            ("timout", "timeout"), ("Type", "type"), ("tpye", "type"), ("timeoutss", "timeout"), ("timeoutsss", nil),
            ("x", nil), ("", nil), ("xy", nil), ("type", "type"),
        ]
    )
    func nearest(word: String, meant: String?) {
        #expect(Spelling.nearest(to: word, among: ["type", "timeout", "a"]) == meant)
    }

    @Test("is the nearer of two, and none among none")
    func choice() {
        #expect(Spelling.nearest(to: "abcd", among: ["abxx", "abcx"]) == "abcx")
        #expect(Spelling.nearest(to: "abcd", among: []) == nil)
        #expect(Spelling.nearest(to: String(repeating: "x", count: 100_000), among: ["abcd"]) == nil)
    }
}
