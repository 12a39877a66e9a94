package import AMQP
package import Warren

/// What a durable subscription has at the broker: its queue, that of its dead letters, and its bindings.
package struct SubscriptionTopology: Sendable, Hashable {
    /// Always given: without it newer brokers drop or dead-letter an event after 20 deliveries, shutdowns counted.
    private static let deliveryLimit = 1_000_000

    /// The queue of a subscription's dead letters.
    package static func deadLetters(of queue: String) -> String { queue + ".dead" }

    /// Those of a queue of dead letters.
    static func deadArguments(_ kind: RabbitMQEventBusConfiguration.QueueKind) -> AMQPQueueArguments {
        AMQPQueueArguments(deliveryLimit: kind == .quorum ? deliveryLimit : nil)
    }

    package let queue: String
    package let topology: Topology

    package init(
        queue: String,
        kind: RabbitMQEventBusConfiguration.QueueKind,
        exchange: String,
        patterns: [TopicPattern]
    ) {
        self.queue = queue
        let dead = Self.deadLetters(of: queue)
        var arguments = AMQPQueueArguments(
            overflow: .rejectPublish,
            deadLetterExchange: "",
            deadLetterRoutingKey: dead
        )
        let type: AMQPQueue.Kind
        switch kind {
        case .quorum:
            type = .quorum
            arguments.deadLetterStrategy = .atLeastOnce
            arguments.deliveryLimit = Self.deliveryLimit
        case .classic:
            type = .classic
        }
        // The dead letters first: nothing may be rejected before they have a place.
        topology = Topology(
            [.queue(dead, type, arguments: Self.deadArguments(kind)), .queue(queue, type, arguments: arguments)]
                + patterns.map { .binding(exchange, to: queue, $0.text) }
        )
    }
}
