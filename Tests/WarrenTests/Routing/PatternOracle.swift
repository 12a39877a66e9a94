import WarrenTesting

/// What a pattern means, in the words of its definition: slow, and written unlike the matcher.
enum PatternOracle {
    typealias Words = [[UInt8]]

    /// The words of a pattern or key; an empty text has none.
    static func words(_ text: String) -> Words {
        if text.utf8.isEmpty { return [] }
        return text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
    }

    static func matches(_ pattern: String, _ key: String) -> Bool {
        matches(words(pattern)[...], words(key)[...])
    }

    static func matches(_ pattern: Words.SubSequence, _ key: Words.SubSequence) -> Bool {
        guard let word = pattern.first else { return key.isEmpty }
        let rest = pattern.dropFirst()
        switch word {
        case Array("#".utf8): return (0...key.count).contains { matches(rest, key.dropFirst($0)) }
        case Array("*".utf8): return !key.isEmpty && matches(rest, key.dropFirst())
        default: return key.first == word && matches(rest, key.dropFirst())
        }
    }

    /// Every text of at most `count` of these words, each once.
    static func texts(of words: [String], upTo count: Int) -> [String] {
        var sequences: [[String]] = [[]]
        var longest = sequences
        for _ in 0..<count {
            longest = longest.flatMap { sequence in words.map { sequence + [$0] } }
            sequences += longest
        }
        // One empty word and no word are the same text.
        return Array(Set(sequences.map { $0.joined(separator: ".") })).sorted()
    }
}

/// Patterns and keys of few different words, so that they often meet.
struct PatternGenerator {
    /// The last two look alike and are equal strings, but differ in their bytes.
    static let words = ["", "a", "A", "b", "ab", "*", "#", "#*", "**", "a*", "#a", " ", "\u{E9}", "e\u{301}"]

    private var random: SeededGenerator

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
    }

    /// A pattern of up to six words, half of them wildcards.
    mutating func pattern() -> String {
        text { random in
            if Bool.random(using: &random) { return Bool.random(using: &random) ? "*" : "#" }
            return Self.words.randomElement(using: &random) ?? ""
        }
    }

    /// Any key of up to six words.
    mutating func key() -> String {
        text { Self.words.randomElement(using: &$0) ?? "" }
    }

    /// A key that `pattern` matches, or, because one word may have been changed, nearly does.
    mutating func key(near pattern: String) -> String {
        var words = pattern.components.flatMap { word -> [String] in
            switch word {
            case "*": [Self.words.randomElement(using: &random) ?? ""]
            case "#":
                (0..<Int.random(in: 0...2, using: &random)).map { _ in
                    Self.words.randomElement(using: &random) ?? ""
                }
            default: [word]
            }
        }
        if Int.random(in: 0..<3, using: &random) == 0, let index = words.indices.randomElement(using: &random) {
            words[index] = Self.words.randomElement(using: &random) ?? ""
        }
        return words.joined(separator: ".")
    }

    private mutating func text(_ word: (inout SeededGenerator) -> String) -> String {
        (0..<Int.random(in: 0...6, using: &random)).map { _ in word(&random) }.joined(separator: ".")
    }
}

extension String {
    fileprivate var components: [String] {
        PatternOracle.words(self).map { String(decoding: $0, as: UTF8.self) }
    }
}
