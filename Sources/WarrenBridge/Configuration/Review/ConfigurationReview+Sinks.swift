import Warren

extension ConfigurationReview {
    func reviewSinks() {
        for place in places.sinks {
            if configuration.eventBus.kind == .memory, configuration.sources.isEmpty {
                place.name.warn("nothing reaches the sink: the memory bus carries what sources take, and there is none")
                continue
            }
            let isRouted = configuration.isRouted(place.sink)
            for pattern in place.types { review(pattern, isRouted: isRouted) }
        }
    }

    /// Something should be able to match each pattern of a sink.
    private func review(_ pattern: Located<TopicPattern>, isRouted: Bool) {
        let text = pattern.value.text.quoted
        if let local = localDecision(on: pattern.value) {
            guard configuration.sources.isEmpty else { return }
            let reason = "\(local.types.value.text.quoted) on line \(local.types.source.node.place.line)"
            pattern.source.warn(
                "\(text) matches nothing: \(reason) keeps it in its process, and no source here takes it"
            )
            return
        }
        guard isRouted, configuration.eventBus.kind != .memory, !canBeLocal(pattern.value) else { return }
        guard !configuration.ownRoutes.contains(where: { $0.types.overlaps(pattern.value) }) else { return }
        pattern.source.warn("\(text) matches nothing that event_routing sends to \(configuration.service.quoted)")
    }

    /// Whether a source could publish an event of this kind that stays in the process.
    private func canBeLocal(_ pattern: TopicPattern) -> Bool {
        guard configuration.eventBus.kind == .hybrid, !configuration.sources.isEmpty else { return false }
        return decisions.contains { $0.reach == .local && $0.types.value.overlaps(pattern) }
    }
}
