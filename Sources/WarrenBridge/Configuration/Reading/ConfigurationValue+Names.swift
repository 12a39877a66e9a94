import Warren

extension ConfigurationValue {
    /// A name that queues can be called by: ASCII letters, digits, `_`, `-` and what else is `allowed`.
    func name(allowed: String, _ what: String) -> String? {
        let letters = (["letters", "digits", "'_'", "'-'"] + allowed.map { "'\($0)'" }).listed(by: "and")
        guard let text = scalar(expected: what) else { return nil }
        let isName = text.value.utf8.allSatisfy { byte in
            byte.isLetter || byte.isDigit || "_-\(allowed)".utf8.contains(byte)
        }
        guard isName, !text.value.isEmpty else { return wrong("\(text.shown), expected \(what) of \(letters)") }
        return text.value
    }

    /// A pattern of event types; what can never match is worth a warning.
    func pattern() -> TopicPattern? {
        let expected = "an event type or a pattern of types"
        guard let text = scalar(expected: expected) else { return nil }
        guard !text.value.isEmpty else { return wrong("an empty text, expected \(expected)") }
        guard let pattern = try? TopicPattern(text.value) else {
            let length = text.value.utf8.count
            return wrong("\(text.shown) has \(length) bytes, expected at most \(TopicPattern.maximumLength)")
        }
        let words = text.value.split(separator: ".", omittingEmptySubsequences: false)
        if words.contains(where: { $0.count > 1 && ($0.contains("*") || $0.contains("#")) }) {
            warn("\(text.shown): '*' and '#' stand for whole words; within a word they mean themselves")
        }
        if EventType.splittingVersion(text.value).version != nil {
            warn("\(text.shown): routing keys carry no version, so leave it out")
        }
        return pattern
    }

    /// A list of patterns, each with its place.
    func patterns() -> [Located<TopicPattern>]? {
        elements(expected: "a list of event types and patterns")?.compactMap { element in
            element.pattern().map { Located(value: $0, source: element) }
        }
    }

    /// The same, with at least one.
    func nonEmptyPatterns() -> [Located<TopicPattern>]? {
        guard let patterns = patterns() else { return nil }
        guard !node.isNull, !node.isEmptySequence else {
            return wrong("an empty list, expected event types and patterns, \"#\" for all")
        }
        return patterns
    }
}

/// What was read, and where it stands.
struct Located<Value> {
    let value: Value
    let source: ConfigurationValue
}
