// How two patterns stand to each other, for every key that there is. Both walk over all pairs of beginnings, so the time
// is the words of one times the words of the other, whatever they are.
extension TopicPattern {
    /// Whether every key that `other` matches is matched by this one too.
    ///
    /// `true` is always right. `false` may be wrong only where the reason is that no key consists of one empty word.
    package func covers(_ other: TopicPattern) -> Bool {
        // In `reached`, the beginnings of `other` that the beginning of this pattern covers, by their number of words.
        var reached = [true] + Array(repeating: false, count: other.words.count)
        for end in 0...words.count {
            if end > 0 { reached = advance(reached, over: words[end - 1], in: other) }
            let isElastic = isElastic(at: end)
            for (index, word) in other.words.enumerated() where reached[index] {
                // Somewhere in `*.#.*` there is a `#`, and it may as well stand here.
                if word.kind == .many && isElastic { reached[index + 1] = true }
            }
        }
        return reached[other.words.count]
    }

    /// Whether there is a key that both match.
    package func overlaps(_ other: TopicPattern) -> Bool {
        // No key consists of one empty word, so this pair has nothing in common though word by word it fits.
        guard !isAnyWord || !other.isEmptyWordBesideMany, !other.isAnyWord || !isEmptyWordBesideMany else {
            return false
        }
        // In `reached`, the beginnings of `other` that share a key with the beginning of this pattern.
        var reached = [true] + Array(repeating: false, count: other.words.count)
        for end in 0...words.count {
            if end > 0 { reached = share(reached, over: words[end - 1], with: other) }
            for (index, word) in other.words.enumerated() where reached[index] && word.kind == .many {
                reached[index + 1] = true
            }
        }
        return reached[other.words.count]
    }

    // MARK: - Steps

    private func advance(_ reached: [Bool], over word: Word, in other: TopicPattern) -> [Bool] {
        var next = reached.map { $0 && word.kind == .many }
        for (index, otherWord) in other.words.enumerated() {
            switch word.kind {
            case .many: next[index + 1] = next[index + 1] || next[index]
            case .one: next[index + 1] = reached[index] && otherWord.kind != .many
            case .literal: next[index + 1] = reached[index] && isSame(word, as: otherWord, of: other)
            }
        }
        return next
    }

    private func share(_ reached: [Bool], over word: Word, with other: TopicPattern) -> [Bool] {
        // A `#` of the other takes this word and stays; a `#` of this one takes nothing.
        var next = reached.enumerated().map { index, isReached in
            isReached && (word.kind == .many || (index < other.words.count && other.words[index].kind == .many))
        }
        for (index, otherWord) in other.words.enumerated() {
            switch (word.kind, otherWord.kind) {
            case (.many, _): next[index + 1] = next[index + 1] || next[index]
            case (_, .many): break
            case (.one, _), (_, .one): next[index + 1] = next[index + 1] || reached[index]
            case (.literal, .literal):
                if reached[index] && isSame(word, as: otherWord, of: other) { next[index + 1] = true }
            }
        }
        return next
    }

    /// Whether the word before or after the first `end` words belongs to a run of wildcards with a `#` in it.
    private func isElastic(at end: Int) -> Bool {
        let before = words[..<end].reversed().prefix { $0.kind != .literal }
        let after = words[end...].prefix { $0.kind != .literal }
        return before.contains { $0.kind == .many } || after.contains { $0.kind == .many }
    }

    private func isSame(_ word: Word, as otherWord: Word, of other: TopicPattern) -> Bool {
        guard otherWord.kind == .literal else { return false }
        return text.utf8.dropFirst(word.range.lowerBound).prefix(word.range.count)
            .elementsEqual(other.text.utf8.dropFirst(otherWord.range.lowerBound).prefix(otherWord.range.count))
    }

    // MARK: - The word that is no key

    private var isAnyWord: Bool { words.count == 1 && words[0].kind == .one }

    private var isEmptyWordBesideMany: Bool {
        let others = words.filter { $0.kind != .many }
        return others.count == 1 && others[0].kind == .literal && others[0].range.isEmpty
    }
}
