public import AMQP
public import Warren

/// How a ``RabbitMQEventBus`` behaves.
public struct RabbitMQEventBusConfiguration: Sendable, Hashable {
    /// How the queues of subscriptions keep their events.
    public enum QueueKind: String, Sendable, Hashable, CaseIterable {
        /// Replicated, and sure to hand dead letters over.
        case quorum
        /// On one node.
        case classic
    }

    /// The topic exchange that events are published to; declared durable.
    public var exchange: String = "events"

    /// The kind of the queues of subscriptions, and of their dead letters.
    ///
    /// A queue that exists keeps its kind: declaring it as another is refused by the broker.
    public var queueKind: QueueKind = .quorum

    /// What the names of queues begin with: a subscription's queue is named by this and the subscription's name, at most
    /// 200 bytes together.
    public var queuePrefix: String = ""

    /// How long a publish waits for its turn, and then for the broker's answer.
    public var publishTimeout: Duration = .seconds(30)

    /// Event types that must not be published to nobody: no queue for one of these is an error.
    public var unroutable: [TopicPattern] = []

    /// What all handlers of the bus share.
    public var limits = HandlerLimits()

    /// The connection to the broker; its name is the service's unless given, its `confirmTimeout` is
    /// ``publishTimeout``.
    public var client = AMQPClientConfiguration()

    /// Creates the default configuration.
    public init() {}

    func check() throws(EventBusError) {
        guard !exchange.isEmpty, exchange.utf8.count <= 255, !exchange.utf8.contains(0) else {
            throw EventBusError(.invalidConfiguration, "the exchange needs a name of 1 to 255 bytes, none of them zero")
        }
        guard publishTimeout > .zero else {
            throw EventBusError(.invalidConfiguration, "a publish timeout of \(publishTimeout)")
        }
        try limits.check()
    }

    /// The queue of a subscription.
    ///
    /// - Throws: `EventBusError` with code `invalidSubscription` when the name does not fit.
    func queue(of subscriber: Subscriber) throws(EventBusError) -> String {
        try subscriber.check()
        let queue = queuePrefix + subscriber.name
        let length = queue.utf8.count
        guard length <= Subscriber.maximumNameLength else {
            throw EventBusError(
                .invalidSubscription,
                "the subscription '\(subscriber.name.prefix(40))' has with the prefix '\(queuePrefix.prefix(40))' a "
                    + "queue name of \(length) bytes, at most \(Subscriber.maximumNameLength) fit"
            )
        }
        if let owner = ReservedQueueNames.owner(of: queue) {
            throw EventBusError(.invalidSubscription, "the queue '\(queue.prefix(40))': \(owner)")
        }
        guard !queue.utf8.contains(0) else {
            throw EventBusError(.invalidSubscription, "the queue '\(queue.prefix(40))' has a zero byte in its name")
        }
        return queue
    }
}
