package import AMQP
import Warren
import WarrenRabbitMQ

extension BridgeConfiguration {
    /// What the configuration asks of the broker: the exchange, the queue of each service that `event_routing` names,
    /// those of our sinks that have one of their own, each with that of its dead letters, and where events wait for their
    /// next attempt.
    package var topology: [Topology] {
        var queues: [(name: String, patterns: [TopicPattern])] = []
        // Only the hybrid bus asks the rules.
        let rules = RoutingRules(eventBus.kind == .hybrid ? routingRules : [])
        for service in Set(routes.flatMap(\.services)).sorted() {
            let patterns = routes.filter { $0.services.contains(service) }.map(\.types)
            // What never leaves this process cannot come to us from elsewhere by our own rules; to others it may.
            queues.append(
                (queue(ofService: service), patterns.filter { service != self.service || !rules.keepLocal($0) })
            )
        }
        for sink in sinks where !isRouted(sink) {
            queues.append((queue(ofSink: sink), sink.types.filter { !rules.keepLocal($0) }))
        }
        let kind: RabbitMQEventBusConfiguration.QueueKind = rabbitMQ.queues.kind == .quorum ? .quorum : .classic
        queues.removeAll { $0.patterns.isEmpty }
        let declared = queues.map { queue in
            SubscriptionTopology(
                queue: queue.name,
                kind: kind,
                exchange: rabbitMQ.exchange,
                patterns: queue.patterns
            ).topology
        }
        let steps = declared.isEmpty ? [] : RetryStep.steps(of: retry.policy)
        let exit = LadderExit(kind)
        let ways = queues.map { exit.way(to: $0.name) }
        let ladder = steps.isEmpty ? [] : [exit.topology] + ways + steps.map { $0.topology(kind) }
        return [Topology([.exchange(rabbitMQ.exchange, .topic)])] + declared + ladder
    }
}
