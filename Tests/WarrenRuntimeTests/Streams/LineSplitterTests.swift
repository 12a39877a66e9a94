import Testing
import WarrenRuntime

@Suite("Cutting lines")
struct LineSplitterTests {
    private func lines(_ chunks: [String], limit: Int = 10) -> [LineSplitter.Line] {
        var splitter = LineSplitter(limit: limit)
        var lines: [LineSplitter.Line] = []
        for chunk in chunks { splitter.feed(Array(chunk.utf8)) { lines.append($0) } }
        if let last = splitter.finish() { lines.append(last) }
        return lines
    }

    private func text(_ text: String) -> LineSplitter.Line { .text(Array(text.utf8)) }

    @Test("gives the same lines however the chunks fall")
    func chunks() {
        let whole = "one\n\ntwo\r\nthe third is long\nfour"
        let expected = [text("one"), text(""), text("two"), .tooLong, text("four")]
        #expect(lines([whole]) == expected)
        #expect(lines(whole.map(String.init)) == expected)
        for cut in whole.indices { #expect(lines([String(whole[..<cut]), String(whole[cut...])]) == expected) }
    }

    @Test("knows whether there is a last line")
    func end() {
        #expect(lines([]) == [])
        #expect(lines([""]) == [])
        #expect(lines(["a\n"]) == [text("a")])
        #expect(lines(["\n"]) == [text("")])
        #expect(lines(["12345678901"]) == [.tooLong])
    }

    @Test("takes a line of exactly the limit and none longer")
    func limit() {
        #expect(lines(["1234567890\n"]) == [text("1234567890")])
        #expect(lines(["12345", "67890", "\nx"]) == [text("1234567890"), text("x")])
        #expect(lines(["12345", "678901", "\nx"]) == [.tooLong, text("x")])
    }

    @Test("skips a line of many times the limit to its end")
    func skipping() {
        let chunk = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 16)
        var splitter = LineSplitter(limit: 16 << 16)
        var lines: [LineSplitter.Line] = []
        for _ in 0..<16 { splitter.feed(chunk) { lines.append($0) } }
        splitter.feed([UInt8(ascii: "\n")]) { lines.append($0) }
        for _ in 0..<40 { splitter.feed(chunk) { lines.append($0) } }
        splitter.feed(Array("\nshort\n".utf8)) { lines.append($0) }
        guard lines.count == 3, case .text(let longest) = lines[0] else {
            Issue.record("\(lines.count) lines")
            return
        }
        #expect(longest.count == 16 << 16)
        #expect(lines[1...] == [.tooLong, text("short")])
        #expect(splitter.finish() == nil)
    }
}
