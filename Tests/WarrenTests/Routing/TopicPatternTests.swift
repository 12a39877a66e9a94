import Testing
import Warren

@Suite("Topic patterns")
struct TopicPatternTests {
    /// The broker is asked about these, too, by `TopicPatternBrokerTests`.
    static let cases: [(pattern: String, key: String, isMatch: Bool)] = [
        ("a.*", "a.", true), ("a.*.b", "a..b", true), ("", "", true), ("#", "", true), ("*", "", false),
        ("*.#", "", false), ("#.*", "", false), ("#.#", "", true), ("#.#", "a", true), ("*", "a", true),
        ("*", "a.b", false), ("*.#", "a", true), ("#.*", "a.b", true), ("#", "a.b.c", true), ("a.#", "a", true),
        ("a.#", "a.b.c", true), ("a.#", "ab", false), ("#.a", "a", true), ("#.a", "b.a", true),
        ("#.a", "b.aa", false), ("a.#.b", "a.b", true), ("a.#.b", "a.x.y.b", true), ("a.#.b", "a.b.c", false),
        ("a.#.b.#.c", "a.b.b.x.c", true), ("*.*", "a", false), ("*.*", ".", true), (".", ".", true),
        ("#.", "a.", true), ("#.", "", false), ("Order.*", "order.paid", false), ("a", "a", true),
        ("a", "", false), ("", "a", false), ("a*", "ab", false), ("a*", "a*", true), ("**", "a", false),
        ("#*", "a.b", false), ("*", "#", true), ("a.#.", "a.", true), ("*.a", "\u{E9}.a", true),
        ("\u{E9}", "\u{E9}", true), ("\u{E9}", "e\u{301}", false), ("\u{E9}.*", "e\u{301}.a", false),
        // Equal strings of equal length, in other bytes.
        ("A\u{30A}", "\u{212B}", false),
    ]

    @Test("match as they must", arguments: cases)
    func examples(pattern: String, key: String, isMatch: Bool) throws {
        #expect(try TopicPattern(pattern).matches(key) == isMatch)
        #expect(PatternOracle.matches(pattern, key) == isMatch)
    }

    @Test("agree with their definition on any pattern and key")
    func definition() throws {
        var generator = PatternGenerator(seed: 0x70_91C)
        var matched = 0
        for round in 0..<20_000 {
            let text = generator.pattern()
            let key = round.isMultiple(of: 2) ? generator.key() : generator.key(near: text)
            let isMatch = PatternOracle.matches(text, key)
            if isMatch { matched += 1 }
            let pattern = try TopicPattern(text)
            #expect(pattern.matches(key) == isMatch, "\(text.debugDescription) and \(key.debugDescription)")
            #expect(TopicPatternSet([pattern]).matches(key) == isMatch)
        }
        // Else the agreement would be worth little.
        #expect(matched > 5_000 && matched < 15_000)
    }

    @Test("take no longer for having many `#`", .timeLimit(.minutes(1)))
    func effort() throws {
        let pattern = try TopicPattern(String(repeating: "#.a.", count: 60) + "#.b")
        let almost = Array(repeating: "a", count: 10_000).joined(separator: ".")
        #expect(!pattern.matches(almost))
        #expect(pattern.matches(almost + ".b"))
        let reversed = try TopicPattern("#.b" + String(repeating: ".#.a", count: 60))
        #expect(!reversed.matches(almost))
        #expect(reversed.matches("b." + almost))
        #expect(pattern.covers(pattern) && !pattern.covers(reversed) && !pattern.overlaps(reversed))
    }

    @Test("may be any text of at most 255 bytes")
    func length() throws {
        #expect(try TopicPattern(String(repeating: "a", count: 255)).text.utf8.count == 255)
        #expect(try TopicPattern(String(repeating: ".", count: 255)).matches(String(repeating: ".", count: 255)))
        let error = #expect(throws: EventError.self) {
            try TopicPattern("tickets." + String(repeating: "\u{E9}", count: 124))
        }
        #expect(error?.code == .invalidPattern)
        #expect(error?.message.contains("256 bytes, at most 255") == true)
        #expect(error?.message.contains("'tickets.") == true)
    }

    @Test("are equal by their bytes")
    func equality() throws {
        let (composed, decomposed) = (try TopicPattern("\u{E9}.*"), try TopicPattern("e\u{301}.*"))
        #expect(composed.text == decomposed.text)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, try TopicPattern("\u{E9}.*")]).count == 2)
        #expect("\(composed)" == "\u{E9}.*")
    }
}
