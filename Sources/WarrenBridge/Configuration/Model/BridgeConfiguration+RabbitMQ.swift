package import AMQP

extension BridgeConfiguration {
    /// `events.rabbitmq`.
    package struct RabbitMQ: Sendable, Hashable {
        /// `url` or `url_file`, with `password` or `password_file` in it where they are given.
        package var url = AMQPURL()

        /// `exchanges.events`: the durable topic exchange that events go through.
        ///
        /// Its name is the key `name`, at most 255 bytes.
        package var exchange = "events"

        package var queues = Queues()

        package init() {}
    }

    /// `events.rabbitmq.queues`: the durable queues that the bridge declares.
    package struct Queues: Sendable, Hashable {
        /// What the name of each begins with.
        package var prefix = ""

        package var kind = QueueKind.quorum

        package init() {}
    }

    /// `events.rabbitmq.queues.type`.
    package enum QueueKind: String, Sendable, CaseIterable {
        /// Replicated, for events that must not be lost.
        case quorum
        /// On one node.
        case classic
    }
}
