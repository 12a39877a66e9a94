package import AMQP
import Warren

/// Where events leave the ladder: a direct exchange that knows each queue by its name, and behind it the dead letters for
/// those whose queue is gone.
///
/// A broker keeps what it cannot hand over, and soon hands over nothing else of that step: events of a queue that somebody
/// has deleted would hold up all others.
package struct LadderExit: Sendable, Hashable {
    package let kind: RabbitMQEventBusConfiguration.QueueKind

    package init(_ kind: RabbitMQEventBusConfiguration.QueueKind) {
        self.kind = kind
    }

    /// The name of its exchange; the queue of its dead letters is called after it.
    package var name: String { kind == .quorum ? "warren.retry" : "warren.retry.classic" }

    /// The names of both kinds.
    static let names = [Self(.quorum).name, Self(.classic).name]

    /// What it has at the broker; the same on every version.
    package var topology: Topology {
        let dead = SubscriptionTopology.deadLetters(of: name)
        return [
            .exchange(dead, .fanout),
            .queue(dead, kind == .quorum ? .quorum : .classic, arguments: SubscriptionTopology.deadArguments(kind)),
            .binding(dead, to: dead, ""),
            .exchange(AMQPExchange(name, .direct, alternateExchange: dead)),
        ]
    }

    /// The way from it to a queue.
    package func way(to queue: String) -> Topology { [.binding(name, to: queue, queue)] }
}
