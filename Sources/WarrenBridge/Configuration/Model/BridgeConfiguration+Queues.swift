import Warren

extension BridgeConfiguration {
    /// The queue of a service: each type that `event_routing` sends to it is bound to it.
    package func queue(ofService service: String) -> String { rabbitMQ.queues.prefix + service }

    /// The queue of a sink that does not live on what `event_routing` sends to this service.
    package func queue(ofSink sink: Sink) -> String { "\(queue(ofService: service)).\(sink.name)" }

    /// The entries of `event_routing` that name this service.
    package var ownRoutes: [EventRoute] { routes.filter { $0.services.contains(service) } }

    /// Whether a sink takes its events from the queue of the service, and filters them by its types.
    ///
    /// It does if any of its types can be one that `event_routing` sends to this service; else it has a queue of its
    /// own, bound to its types.
    package func isRouted(_ sink: Sink) -> Bool {
        let routes = ownRoutes
        return sink.types.contains { pattern in routes.contains { $0.types.overlaps(pattern) } }
    }
}
