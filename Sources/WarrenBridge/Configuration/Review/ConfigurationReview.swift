import Warren

/// Looks for what is allowed but hardly meant, once all of a file is read; each becomes a warning at its place.
struct ConfigurationReview {
    let configuration: BridgeConfiguration
    let places: ConfigurationPlaces
    /// `events.local_only` and `events.rules` as one list, in the order in which they decide.
    let decisions: [Decision]

    struct Decision {
        let types: Located<TopicPattern>
        let reach: RoutingRule.Reach
    }

    init(_ configuration: BridgeConfiguration, _ places: ConfigurationPlaces) {
        self.configuration = configuration
        self.places = places
        decisions =
            places.localOnly.map { Decision(types: $0, reach: .local) }
            + places.rules.flatMap { rule in rule.types.map { Decision(types: $0, reach: rule.reach) } }
    }

    func run() {
        reviewDecisions()
        reviewRoutes()
        reviewSinks()
        reviewBounds()
    }

    // MARK: - Rules

    private func reviewDecisions() {
        if configuration.eventBus.kind != .hybrid {
            let reason = "has no effect: only the hybrid bus chooses a way for each event"
            places.localOnly.first?.source.warn(reason)
            places.rules.first?.types.first?.source.warn(reason)
            return
        }
        for (index, decision) in decisions.enumerated() {
            guard let earlier = decisions[..<index].first(where: { $0.types.value.covers(decision.types.value) }) else {
                continue
            }
            let rule = "\(earlier.types.value.text.quoted) on line \(earlier.types.source.node.place.line)"
            decision.types.source.warn("\(decision.types.value.text.quoted) never decides: \(rule) comes before it")
        }
    }

    /// Whatever makes every event that `pattern` matches stay in the process, if something does.
    func localDecision(on pattern: TopicPattern) -> Decision? {
        guard configuration.eventBus.kind == .hybrid else { return nil }
        for decision in decisions {
            if decision.reach == .local {
                if decision.types.value.covers(pattern) { return decision }
            } else if decision.types.value.overlaps(pattern) {
                return nil
            }
        }
        return nil
    }

    // MARK: - Bounds

    private func reviewBounds() {
        if configuration.eventBus.kind != .memory, configuration.eventBus.timeout > .seconds(1800) {
            places.timeout?.warn("longer than RabbitMQ waits for an ack unless told otherwise, 30m")
        }
        if let http = configuration.sources.http, http.token == nil, !http.isLoopback {
            places.listen?.warn("other machines can publish here without a token")
        }
        if configuration.sources.isEmpty, configuration.sinks.isEmpty {
            places.bridge?.warn("no source and no sink, so the bridge has nothing to do")
        }
    }
}

extension BridgeConfiguration.HTTPListener {
    /// Whether only this machine can reach it, as far as its text tells.
    fileprivate var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
