/// A pattern of routing keys as RabbitMQ's topic exchange has it: words joined by dots, where the word `*` stands for
/// exactly one word and the word `#` for any number of words, none too.
///
/// It agrees with the broker on every key. Bytes are compared, so case counts, and so does how an accented letter is
/// composed. A word may be empty: `a.*` matches `a.` and `a.*.b` matches `a..b`. Only the empty key has no word at all:
/// the empty pattern and `#` match it, `*` does not.
public struct TopicPattern: Sendable, CustomStringConvertible {
    /// The longest pattern, in bytes: it is an AMQP short string.
    public static let maximumLength = 255

    /// The pattern as it was given.
    public let text: String

    /// The words of the text, in order; the empty text has none.
    let words: [Word]
    private let shape: Shape

    /// Takes any text of at most 255 bytes, as the broker does.
    ///
    /// - Throws: ``EventError`` with code `invalidPattern`, saying how long the text is.
    public init(_ text: String) throws(EventError) {
        let length = text.utf8.count
        guard length <= Self.maximumLength else {
            let start = text.prefix(40)
            let reason = "has \(length) bytes, at most \(Self.maximumLength) fit"
            throw EventError(.invalidPattern, "the pattern that begins with '\(start)' \(reason)")
        }
        self.text = text
        words = Self.words(of: text)
        shape =
            if words.allSatisfy({ $0.kind == .literal }) {
                .literal
            } else if !words.isEmpty && words.allSatisfy({ $0.kind == .many }) {
                .everything
            } else {
                .mixed
            }
    }

    /// The text.
    public var description: String { text }

    /// Whether there is no `*` and no `#` in it: it then matches the key that has its text, and no other.
    package var isLiteral: Bool { shape == .literal }

    /// Whether a message with this routing key goes where the pattern is bound.
    ///
    /// It allocates nothing; the time it takes is at most the words of the pattern times the length of the key.
    public func matches(_ key: String) -> Bool {
        switch shape {
        case .everything: true
        case .literal: text.hasSameBytes(as: key)
        case .mixed: matches(key.utf8.span)
        }
    }

    // MARK: - Matching

    /// Walks over both from left to right.
    ///
    /// Where they differ, the last `#` takes one word more. An earlier `#` never has to: the words that the last one could
    /// not follow on are its own to skip.
    private func matches(_ key: Span<UInt8>) -> Bool {
        let pattern = text.utf8.span
        var word = 0
        // Where the next word of the key begins; beyond the end once there is none.
        var position = key.isEmpty ? 1 : 0
        // What comes after the last `#`, and the first word of the key that it does not take.
        var resume: (word: Int, position: Int)?
        while position <= key.count {
            if word < words.count {
                let expected = words[word]
                switch expected.kind {
                case .many:
                    word += 1
                    guard word < words.count else { return true }
                    resume = (word, position)
                    continue
                case .one:
                    word += 1
                    position = Self.endOfWord(in: key, at: position) + 1
                    continue
                case .literal:
                    if let end = Self.end(of: expected, of: pattern, in: key, at: position) {
                        word += 1
                        position = end + 1
                        continue
                    }
                }
            }
            guard let last = resume else { return false }
            word = last.word
            position = Self.endOfWord(in: key, at: last.position) + 1
            resume = (word, position)
        }
        while word < words.count, words[word].kind == .many { word += 1 }
        return word == words.count
    }

    private static func endOfWord(in key: Span<UInt8>, at start: Int) -> Int {
        var end = start
        while end < key.count, key[end] != UInt8(ascii: ".") { end += 1 }
        return end
    }

    /// Where the word of the key that begins at `start` ends, if it has the same bytes as `word`.
    private static func end(of word: Word, of pattern: Span<UInt8>, in key: Span<UInt8>, at start: Int) -> Int? {
        let end = start + word.range.count
        guard end <= key.count, end == key.count || key[end] == UInt8(ascii: ".") else { return nil }
        for offset in 0..<word.range.count where pattern[word.range.lowerBound + offset] != key[start + offset] {
            return nil
        }
        return end
    }

    // MARK: - Words

    /// One word of a pattern: what it stands for, and where its bytes are.
    struct Word: Sendable {
        enum Kind: Sendable {
            case literal
            /// `*`
            case one
            /// `#`
            case many
        }

        let kind: Kind
        private let start: UInt8
        private let end: UInt8

        var range: Range<Int> { Int(start)..<Int(end) }

        init(_ bytes: Span<UInt8>, start: Int, end: Int) {
            self.start = UInt8(start)
            self.end = UInt8(end)
            kind =
                switch end - start == 1 ? bytes[start] : nil {
                case UInt8(ascii: "*"): .one
                case UInt8(ascii: "#"): .many
                default: .literal
                }
        }
    }

    private enum Shape: Sendable {
        case everything
        case literal
        case mixed
    }

    private static func words(of text: String) -> [Word] {
        let bytes = text.utf8.span
        var words: [Word] = []
        var start = bytes.isEmpty ? 1 : 0
        while start <= bytes.count {
            let end = endOfWord(in: bytes, at: start)
            words.append(Word(bytes, start: start, end: end))
            start = end + 1
        }
        return words
    }
}

// Not by the text: equal strings may have different bytes, and the broker tells them apart.
extension TopicPattern: Hashable {
    /// Whether both match the same bytes written the same way.
    public static func == (one: TopicPattern, other: TopicPattern) -> Bool {
        one.text.hasSameBytes(as: other.text)
    }

    /// Feeds the bytes of the text to the hasher.
    public func hash(into hasher: inout Hasher) {
        // Strings that are equal have one hash, so the text's own will do.
        hasher.combine(text)
    }
}

extension String {
    fileprivate func hasSameBytes(as other: String) -> Bool {
        let (bytes, otherBytes) = (utf8.span, other.utf8.span)
        guard bytes.count == otherBytes.count else { return false }
        for index in bytes.indices where bytes[index] != otherBytes[index] { return false }
        return true
    }
}
