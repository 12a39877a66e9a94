/// A queue to declare.
public struct AMQPQueue: Sendable, Hashable {
    /// How a queue keeps its messages.
    public struct Kind: Sendable, Hashable {
        let name: String

        /// On one node.
        ///
        /// Declared without saying so, since brokers of before 3.8 do not know the argument: where the virtual host has
        /// another default queue type, a durable queue that is neither exclusive nor auto-delete becomes one of that
        /// type. There `arguments: .init(other: ["x-queue-type": "classic"])` makes it a classic one.
        public static let classic = Kind(name: "classic")
        /// Replicated, for data that must not be lost.
        public static let quorum = Kind(name: "quorum")
        /// A log that consumers read at an offset.
        public static let stream = Kind(name: "stream")
    }

    /// At most 255 bytes; empty: the broker makes a name up.
    public var name: String
    /// How it keeps messages.
    ///
    /// Quorum queues and streams are always durable.
    public var kind: Kind
    /// Whether the queue survives a broker restart.
    ///
    /// A queue that is neither durable nor exclusive is deprecated by RabbitMQ, and refused by newer brokers.
    public var durable: Bool
    /// Whether only the declaring connection may use it; it goes with that connection.
    public var exclusive: Bool
    /// Whether it goes when its last consumer goes.
    public var autoDelete: Bool
    /// Its limits, dead lettering and further arguments.
    public var arguments: AMQPQueueArguments

    /// Creates a queue; durable unless told otherwise.
    public init(
        _ name: String,
        _ kind: Kind,
        durable: Bool = true,
        exclusive: Bool = false,
        autoDelete: Bool = false,
        arguments: AMQPQueueArguments = AMQPQueueArguments()
    ) {
        self.name = name
        self.kind = kind
        self.durable = durable
        self.exclusive = exclusive
        self.autoDelete = autoDelete
        self.arguments = arguments
    }

    /// What is sent as `arguments`.
    ///
    /// A classic queue has no type argument: one that was declared without it would refuse the declaration as different.
    var declaredArguments: AMQPTable {
        var table = AMQPTable()
        if kind != .classic { table["x-queue-type"] = .string(kind.name) }
        arguments.add(to: &table)
        return table
    }
}
