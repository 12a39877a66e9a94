/// A binding: messages of `source` whose key matches go to `destination`.
public struct AMQPBinding: Sendable, Hashable {
    /// What a binding leads to.
    public enum Target: Sendable, Hashable {
        /// A queue.
        case queue
        /// Another exchange (a RabbitMQ extension).
        case exchange
    }

    /// The exchange that messages come from.
    public var source: String
    /// The queue or exchange that they go to.
    public var destination: String
    /// Whether ``destination`` is a queue or an exchange.
    public var target: Target
    /// A key, or a pattern where `source` is a topic exchange.
    public var routingKey: String
    /// Further arguments, for example those of a headers exchange.
    public var arguments: AMQPTable

    /// Creates a binding.
    public init(
        from source: String,
        to destination: String,
        target: Target = .queue,
        routingKey: String,
        arguments: AMQPTable = [:]
    ) {
        self.source = source
        self.destination = destination
        self.target = target
        self.routingKey = routingKey
        self.arguments = arguments
    }
}
