/// Exchanges, queues and bindings that a program needs, declared together by ``AMQPClient/apply(_:onConflict:)``.
///
/// ```swift
/// try await client.apply([
///     .exchange("events", .topic),
///     .queue("billing", .quorum),
///     .binding("events", to: "billing", "order.*"),
/// ])
/// ```
/// or, with a block for conditions and loops, `Topology { .exchange("events", .topic); .queue("billing", .quorum) }`:
/// there the entities are told apart by semicolons, since a line that begins with a dot goes on the one before.
///
/// Declaring what exists with the same arguments changes nothing. Whatever the order here, exchanges are declared
/// first, then queues, then bindings.
public struct Topology: Sendable, Hashable, ExpressibleByArrayLiteral {
    /// One exchange, queue or binding.
    public enum Entity: Sendable, Hashable {
        /// An exchange.
        case exchange(AMQPExchange)
        /// A queue.
        case queue(AMQPQueue)
        /// A binding.
        case binding(AMQPBinding)
    }

    /// The entities, in the order of declaration.
    public let entities: [Entity]

    /// Creates a topology from a list.
    public init(_ entities: [Entity] = []) {
        self.entities = entities.sorted { $0.rank < $1.rank }
    }

    /// Creates a topology from a literal.
    public init(arrayLiteral entities: Entity...) {
        self.init(entities)
    }

    /// Creates a topology from a block.
    public init(@Builder _ build: () -> [Entity]) {
        self.init(build())
    }

    /// Collects the lines of a ``Topology`` block.
    @resultBuilder
    public enum Builder {
        /// One line.
        public static func buildExpression(_ entity: Entity) -> [Entity] { [entity] }
        /// A list computed elsewhere.
        public static func buildExpression(_ entities: [Entity]) -> [Entity] { entities }
        /// The lines of a block.
        public static func buildBlock(_ parts: [Entity]...) -> [Entity] { parts.flatMap(\.self) }
        /// An `if` without `else`.
        public static func buildOptional(_ part: [Entity]?) -> [Entity] { part ?? [] }
        /// The first branch of an `if`.
        public static func buildEither(first: [Entity]) -> [Entity] { first }
        /// The second branch of an `if`.
        public static func buildEither(second: [Entity]) -> [Entity] { second }
        /// A `for` loop.
        public static func buildArray(_ parts: [[Entity]]) -> [Entity] { parts.flatMap(\.self) }
    }
}

extension Topology {
    /// What any connection may declare.
    var withoutExclusiveQueues: Topology {
        let exclusive = Set(
            entities.compactMap { entity in
                if case .queue(let queue) = entity, queue.exclusive { queue.name } else { nil }
            }
        )
        let others = entities.filter { entity in
            switch entity {
            case .exchange: true
            case .queue(let queue): !queue.exclusive
            case .binding(let binding): binding.target == .exchange || !exclusive.contains(binding.destination)
            }
        }
        return Topology(others)
    }
}

extension Topology.Entity {
    /// A durable exchange.
    public static func exchange(_ name: String, _ kind: AMQPExchange.Kind) -> Self {
        .exchange(AMQPExchange(name, kind))
    }

    /// A durable queue.
    public static func queue(
        _ name: String,
        _ kind: AMQPQueue.Kind,
        arguments: AMQPQueueArguments = AMQPQueueArguments()
    ) -> Self {
        .queue(AMQPQueue(name, kind, arguments: arguments))
    }

    /// A binding from an exchange to a queue.
    public static func binding(_ exchange: String, to queue: String, _ routingKey: String) -> Self {
        .binding(AMQPBinding(from: exchange, to: queue, routingKey: routingKey))
    }

    fileprivate var rank: Int {
        switch self {
        case .exchange: 0
        case .queue: 1
        case .binding: 2
        }
    }

    /// Refuses a queue without a name, and a binding of one.
    ///
    /// The broker gives it another name each time it is declared, and a binding would mean whatever queue was declared
    /// last.
    func checkName() throws(AMQPError) {
        let isNameless =
            switch self {
            case .exchange: false
            case .queue(let queue): queue.name.isEmpty
            case .binding(let binding): binding.target == .queue && binding.destination.isEmpty
            }
        guard isNameless else { return }
        throw AMQPError(
            .invalidArgument,
            "\(self): a queue without a name cannot be declared again; consume a private queue, or give it a name"
        )
    }

    /// The method that declares it.
    var declaration: ClientMethod {
        switch self {
        case .exchange(let exchange): .exchangeDeclare(exchange, passive: false)
        case .queue(let queue): .queueDeclare(queue, passive: false)
        case .binding(let binding):
            binding.target == .queue ? .queueBind(binding) : .exchangeBind(binding)
        }
    }
}

extension Topology.Entity: CustomStringConvertible {
    /// The entity in words, for errors and logs.
    public var description: String {
        switch self {
        case .exchange(let exchange): "exchange '\(exchange.name)'"
        case .queue(let queue): "queue '\(queue.name)'"
        case .binding(let binding):
            "binding '\(binding.source)' -> '\(binding.destination)' with key '\(binding.routingKey)'"
        }
    }
}
