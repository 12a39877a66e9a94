/// Where events of some types go on a ``HybridEventBus``.
public struct RoutingRule: Sendable, Hashable {
    /// How far an event goes.
    public enum Reach: String, Sendable, Hashable, CaseIterable {
        /// It never leaves the process.
        case local
        /// To the broker alone; observers of this process see it when it comes back.
        case remote
        /// To the observers of this process at once, and to the broker.
        case both
    }

    /// The types: those that any of these matches.
    public var types: [TopicPattern]

    /// How far they go.
    public var reach: Reach

    /// Creates a rule.
    public init(_ types: [TopicPattern], _ reach: Reach) {
        self.types = types
        self.reach = reach
    }

    /// A rule for types given as patterns.
    ///
    /// - Parameters:
    ///   - types: AMQP topic patterns over event types: `*` is one word, `#` any number.
    ///   - reach: how far they go.
    /// - Throws: ``EventError`` with code `invalidPattern`.
    public init(_ types: String..., reach: Reach) throws(EventError) {
        var patterns: [TopicPattern] = []
        for type in types { patterns.append(try TopicPattern(type)) }
        self.init(patterns, reach)
    }
}

/// Rules of which the first that matches decides; without one, an event goes both ways.
package struct RoutingRules: Sendable, Hashable {
    let rules: [RoutingRule]

    package init(_ rules: [RoutingRule]) {
        self.rules = rules
    }

    /// How far the events of a type go.
    package func reach(of type: String) -> RoutingRule.Reach {
        rules.first { $0.types.contains { $0.matches(type) } }?.reach ?? .both
    }

    /// Whether everything that a pattern matches stays in the process.
    package func keepLocal(_ pattern: TopicPattern) -> Bool {
        for rule in rules {
            if rule.reach == .local {
                if rule.types.contains(where: { $0.covers(pattern) }) { return true }
            } else if rule.types.contains(where: { $0.overlaps(pattern) }) {
                return false
            }
        }
        return false
    }
}
