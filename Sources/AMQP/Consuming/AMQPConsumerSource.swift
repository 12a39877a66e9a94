/// What a consumer consumes from.
public struct AMQPConsumerSource: Sendable, Hashable, ExpressibleByStringLiteral {
    /// What a private queue is bound to.
    public struct Binding: Sendable, Hashable {
        /// The exchange.
        public var exchange: String
        /// The key or pattern.
        public var routingKey: String

        /// Creates a binding.
        public init(exchange: String, routingKey: String) {
            self.exchange = exchange
            self.routingKey = routingKey
        }
    }

    /// What to do on a fresh channel before consuming.
    let setup: [ClientMethod]
    /// Empty: the queue declared last on the channel.
    let queue: String

    /// What a private queue is bound to.
    var exchanges: [String] {
        setup.compactMap { if case .queueBind(let binding) = $0 { binding.source } else { nil } }
    }

    /// An existing queue.
    public init(stringLiteral queue: String) {
        self = .queue(queue)
    }

    /// An existing queue.
    public static func queue(_ name: String) -> AMQPConsumerSource {
        AMQPConsumerSource(setup: [], queue: name)
    }

    /// A queue of the consumer's own: named by the broker, exclusive, gone with the consumer.
    ///
    /// After a reconnect it is another one with another name; messages published in between are not in it.
    ///
    /// - Parameters:
    ///   - bindings: what the queue is bound to.
    ///   - arguments: its limits, for example a `maxLength` with `.dropHead`. Where they do not say when an unused queue
    ///     `expires` it is after a minute, so that one that could not be bound to everything is not left behind.
    /// - Returns: the source, for ``AMQPClient/withConsumer(_:prefetch:acknowledgement:coalescingAcks:exclusive:noLocal:consumerTag:arguments:_:)``.
    public static func privateQueue(
        _ bindings: [Binding],
        arguments: AMQPQueueArguments = AMQPQueueArguments()
    ) -> AMQPConsumerSource {
        var arguments = arguments
        // It goes with its consumer; one that never got a consumer has no other end but that of the connection.
        arguments.expires = arguments.expires ?? .seconds(60)
        let queue = AMQPQueue("", .classic, durable: false, exclusive: true, autoDelete: true, arguments: arguments)
        let binds = bindings.map { binding in
            // An empty queue name is the queue declared last on the channel.
            ClientMethod.queueBind(AMQPBinding(from: binding.exchange, to: "", routingKey: binding.routingKey))
        }
        return AMQPConsumerSource(setup: [.queueDeclare(queue, passive: false)] + binds, queue: "")
    }

    private init(setup: [ClientMethod], queue: String) {
        self.setup = setup
        self.queue = queue
    }

    /// For errors and events.
    var description: String { queue.isEmpty ? "consumer of a private queue" : "consumer of queue '\(queue)'" }
}
