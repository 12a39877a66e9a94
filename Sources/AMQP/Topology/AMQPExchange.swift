/// An exchange to declare.
public struct AMQPExchange: Sendable, Hashable {
    /// How an exchange routes.
    public struct Kind: Sendable, Hashable {
        /// The type's name on the wire.
        public let name: String

        /// By pattern: words joined by dots, `*` is one word, `#` any number.
        public static let topic = Kind(name: "topic")
        /// By equal routing key.
        public static let direct = Kind(name: "direct")
        /// To every binding.
        public static let fanout = Kind(name: "fanout")
        /// By headers.
        public static let headers = Kind(name: "headers")

        /// A type from a plugin, for example `x-consistent-hash`.
        public static func plugin(_ name: String) -> Kind { Kind(name: name) }
    }

    /// At most 255 bytes; not beginning with `amq.`, which is the broker's.
    public var name: String
    /// How it routes.
    public var kind: Kind
    /// Whether it survives a broker restart.
    public var durable: Bool
    /// Whether it goes when its last binding goes.
    public var autoDelete: Bool
    /// Whether only other exchanges may publish to it.
    public var `internal`: Bool
    /// `alternate-exchange`: where messages go that no binding matches; `nil`: nowhere, and mandatory ones back.
    public var alternateExchange: String?
    /// Further arguments.
    public var arguments: AMQPTable

    /// Creates an exchange; durable unless told otherwise.
    public init(
        _ name: String,
        _ kind: Kind,
        durable: Bool = true,
        autoDelete: Bool = false,
        internal: Bool = false,
        alternateExchange: String? = nil,
        arguments: AMQPTable = [:]
    ) {
        self.name = name
        self.kind = kind
        self.durable = durable
        self.autoDelete = autoDelete
        self.internal = `internal`
        self.alternateExchange = alternateExchange
        self.arguments = arguments
    }

    /// What is sent as `arguments`.
    var declaredArguments: AMQPTable {
        var table = arguments
        if let alternateExchange { table["alternate-exchange"] = .string(alternateExchange) }
        return table
    }
}
