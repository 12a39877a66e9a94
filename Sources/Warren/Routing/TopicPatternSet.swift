/// Several patterns asked at once: whether any of them matches a key.
///
/// Those without wildcards cost one look-up together, the others one match each.
package struct TopicPatternSet: Sendable {
    /// The patterns, as they were given.
    package let patterns: [TopicPattern]

    /// Those without wildcards, by their text: equal strings may have different bytes, hence the lists.
    private let literals: [String: [TopicPattern]]
    private let wildcards: [TopicPattern]

    package init(_ patterns: [TopicPattern]) {
        self.patterns = patterns
        literals = Dictionary(grouping: Set(patterns.filter(\.isLiteral)), by: \.text)
        wildcards = patterns.filter { !$0.isLiteral }
    }

    package func matches(_ key: String) -> Bool {
        if !literals.isEmpty, let equal = literals[key], equal.contains(where: { $0.matches(key) }) { return true }
        return wildcards.contains { $0.matches(key) }
    }
}
