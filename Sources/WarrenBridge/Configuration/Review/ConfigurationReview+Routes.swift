import Warren
import WarrenRuntime

extension ConfigurationReview {
    func reviewRoutes() {
        guard !configuration.routes.isEmpty else { return }
        guard configuration.eventBus.kind != .memory else {
            places.routing?.warn("has no effect: the memory bus reaches no other service")
            return
        }
        for route in places.routes {
            reviewServices(of: route)
            reviewLocal(route)
            reviewTaking(of: route)
        }
        reviewOwnName()
    }

    private func reviewServices(of route: ConfigurationPlaces.Route) {
        if route.services.isEmpty { route.types.source.warn("no service receives it") }
        var seen: Set<String> = []
        for service in route.services where !seen.insert(service.value).inserted {
            service.source.warn("\(service.value.quoted) is named twice")
        }
    }

    private func reviewLocal(_ route: ConfigurationPlaces.Route) {
        guard let decision = localDecision(on: route.types.value) else { return }
        let reason = "\(decision.types.value.text.quoted) on line \(decision.types.source.node.place.line)"
        route.types.source.warn("what this service publishes of it reaches nobody: \(reason) keeps it in the process")
    }

    /// What the service's queue receives should be what a sink wants.
    private func reviewTaking(of route: ConfigurationPlaces.Route) {
        let isOwn = route.services.contains { $0.value == configuration.service }
        guard isOwn, !configuration.sinks.isEmpty else { return }
        let isTaken = configuration.sinks.contains { sink in
            sink.types.contains { $0.overlaps(route.types.value) }
        }
        if !isTaken { route.types.source.warn("it is sent to this service, but no sink takes it") }
    }

    /// A service that is named nowhere is often one that is named wrongly.
    private func reviewOwnName() {
        let publishesOnly = configuration.sinks.isEmpty && !configuration.sources.isEmpty
        guard configuration.ownRoutes.isEmpty, !publishesOnly else { return }
        let names = Set(configuration.routes.flatMap(\.services)).sorted()
        let hint = Spelling.nearest(to: configuration.service, among: names).map { "; is it \($0.quoted)?" } ?? ""
        places.routing?.warn("sends nothing to this service, \(configuration.service.quoted)\(hint)")
    }
}
