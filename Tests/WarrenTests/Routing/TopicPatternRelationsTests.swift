import Testing
import Warren

/// `covers` and `overlaps` against the keys that patterns were seen to match.
@Suite("Two topic patterns")
struct TopicPatternRelationsTests {
    /// Every pattern of few words, and what it matches of every key of few words.
    ///
    /// `x` is in no pattern: it stands for all the words that none names.
    private struct World {
        let patterns: [TopicPattern]
        let matched: [Set<Int>]

        init(patterns words: [String], upTo count: Int, keys keyWords: [String], upTo keyCount: Int) throws {
            let keys = PatternOracle.texts(of: keyWords, upTo: keyCount).map(PatternOracle.words)
            patterns = try PatternOracle.texts(of: words, upTo: count).map { try TopicPattern($0) }
            matched = patterns.map { pattern in
                let words = PatternOracle.words(pattern.text)
                return Set(keys.indices.filter { PatternOracle.matches(words[...], keys[$0][...]) })
            }
        }

        func forEachPair(_ body: (TopicPattern, Set<Int>, TopicPattern, Set<Int>) -> Void) {
            for (pattern, matches) in zip(patterns, matched) {
                for (other, otherMatches) in zip(patterns, matched) { body(pattern, matches, other, otherMatches) }
            }
        }
    }

    @Test("overlap exactly if some key is matched by both")
    func overlap() throws {
        let world = try World(patterns: ["a", "", "*", "#"], upTo: 3, keys: ["a", "", "x"], upTo: 6)
        world.forEachPair { pattern, matches, other, otherMatches in
            #expect(pattern.overlaps(other) == !matches.isDisjoint(with: otherMatches), "\(pattern) and \(other)")
        }
    }

    @Test("cover exactly if all keys are matched, but for the one word that is no key")
    func cover() throws {
        let world = try World(patterns: ["a", "b", "*", "#"], upTo: 3, keys: ["a", "b", "x"], upTo: 6)
        world.forEachPair { pattern, matches, other, otherMatches in
            #expect(pattern.covers(other) == otherMatches.isSubset(of: matches), "\(pattern) over \(other)")
        }
        let withEmptyWords = try World(patterns: ["a", "", "*", "#"], upTo: 3, keys: ["a", "", "x"], upTo: 6)
        withEmptyWords.forEachPair { pattern, matches, other, otherMatches in
            guard pattern.covers(other) else { return }
            #expect(otherMatches.isSubset(of: matches), "\(pattern) over \(other)")
        }
    }

    @Test("are told apart when they are longer, too")
    func random() throws {
        var generator = PatternGenerator(seed: 0xC0_7E2)
        var (covered, overlapping) = (0, 0)
        for _ in 0..<5_000 {
            let (text, otherText) = (generator.pattern(), generator.pattern())
            let (pattern, other) = (try TopicPattern(text), try TopicPattern(otherText))
            if pattern.covers(other) { covered += 1 }
            if pattern.overlaps(other) { overlapping += 1 }
            #expect(pattern.overlaps(other) == other.overlaps(pattern))
            for _ in 0..<5 {
                let key = generator.key(near: otherText)
                guard PatternOracle.matches(otherText, key) else { continue }
                let isMatch = PatternOracle.matches(text, key)
                #expect(!pattern.covers(other) || isMatch, "\(text) over \(otherText) for \(key)")
                #expect(!isMatch || pattern.overlaps(other), "\(text) and \(otherText) for \(key)")
            }
        }
        #expect(covered > 100 && overlapping > 500)
    }

    @Test(
        "cover and overlap in cases worth reading",
        arguments: [
            ("#", "a.*", true, true), ("a.*", "#", false, true), ("*.#", "#.*", true, true),
            ("#.*", "*.#", true, true), ("*.#.*", "#.*.*", true, true), ("order.*", "order.paid", true, true),
            ("order.*", "order.#", false, true), ("order.#", "order", true, true), ("*.paid", "order.*", false, true),
            ("order.*", "user.*", false, false), ("a", "A", false, false), ("*.#", "", false, false),
            ("*.#", "#.a", true, true), ("#.a.#", "b.a.*", true, true), ("#.a", "#.b", false, false),
            ("*", "#.", false, false), ("*", ".#", false, false), ("*.#", ".#", true, true),
        ]
    )
    func examples(text: String, otherText: String, covers: Bool, overlaps: Bool) throws {
        let (pattern, other) = (try TopicPattern(text), try TopicPattern(otherText))
        #expect(pattern.covers(other) == covers)
        #expect(pattern.overlaps(other) == overlaps)
    }

    @Test("asked at once answer as one by one")
    func together() throws {
        var generator = PatternGenerator(seed: 0x5E7)
        for _ in 0..<300 {
            let patterns = try (0..<5).map { _ in try TopicPattern(generator.pattern()) }
            let set = TopicPatternSet(patterns)
            for _ in 0..<10 {
                let key = generator.key(near: patterns[0].text)
                #expect(set.matches(key) == patterns.contains { $0.matches(key) })
            }
        }
        let lookalikes = TopicPatternSet([try TopicPattern("\u{E9}"), try TopicPattern("e\u{301}")])
        #expect(lookalikes.matches("\u{E9}") && lookalikes.matches("e\u{301}"))
        #expect(!TopicPatternSet([try TopicPattern("\u{E9}")]).matches("e\u{301}"))
        #expect(!TopicPatternSet([]).matches(""))
    }
}
