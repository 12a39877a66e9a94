/// The optional arguments of a queue, by their meaning.
///
/// `nil` leaves the broker's default.
///
/// A queue that exists with other arguments refuses the declaration with 406; see "Queues" and "Queue Length Limit" on
/// rabbitmq.com for each.
public struct AMQPQueueArguments: Sendable, Hashable {
    /// What happens to a message that a full queue cannot take.
    public struct Overflow: RawRepresentable, Sendable, Hashable {
        /// The value on the wire.
        public let rawValue: String

        /// A value of a newer broker.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The oldest message goes.
        public static let dropHead = Overflow(rawValue: "drop-head")
        /// The new message is refused (`basic.nack`).
        public static let rejectPublish = Overflow(rawValue: "reject-publish")
        /// Refused and dead-lettered; classic queues only.
        public static let rejectPublishDeadLetter = Overflow(rawValue: "reject-publish-dlx")
    }

    /// How surely a quorum queue hands its dead letters over.
    public struct DeadLetterStrategy: RawRepresentable, Sendable, Hashable {
        /// The value on the wire.
        public let rawValue: String

        /// A value of a newer broker.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// May lose them.
        public static let atMostOnce = DeadLetterStrategy(rawValue: "at-most-once")
        /// Keeps them until the target has confirmed; needs ``Overflow/rejectPublish``.
        public static let atLeastOnce = DeadLetterStrategy(rawValue: "at-least-once")
    }

    /// Where a new replicated queue's leader is placed.
    public struct LeaderLocator: RawRepresentable, Sendable, Hashable {
        /// The value on the wire.
        public let rawValue: String

        /// A value of a newer broker.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// On the node the declaring client is connected to.
        public static let clientLocal = LeaderLocator(rawValue: "client-local")
        /// Spread over the cluster.
        public static let balanced = LeaderLocator(rawValue: "balanced")
    }

    /// `x-message-ttl`, in whole milliseconds, rounded up: zero would drop what no consumer waits for.
    public var messageTTL: Duration?
    /// `x-expires`: the queue goes after being unused for this long, in whole milliseconds, rounded up.
    public var expires: Duration?
    /// `x-max-length`, in messages.
    public var maxLength: Int?
    /// `x-max-length-bytes`, bodies only.
    public var maxLengthBytes: Int?
    /// `x-overflow`: what happens to a message that the full queue cannot take.
    public var overflow: Overflow?
    /// `x-dead-letter-exchange`; empty: the default exchange.
    public var deadLetterExchange: String?
    /// `x-dead-letter-routing-key`; `nil`: the message's own.
    public var deadLetterRoutingKey: String?
    /// `x-dead-letter-strategy`: how surely dead letters are handed over.
    public var deadLetterStrategy: DeadLetterStrategy?
    /// `x-delivery-limit`: how often a quorum queue hands out a message before it drops or dead-letters it.
    public var deliveryLimit: Int?
    /// `x-single-active-consumer`: one consumer gets everything, the others wait.
    public var singleActiveConsumer: Bool?
    /// `x-max-priority`: 1 to 255, classic queues only.
    public var maxPriority: UInt8?
    /// `x-queue-leader-locator`: where the leader is placed.
    public var leaderLocator: LeaderLocator?
    /// Anything else, as it stands.
    public var other: AMQPTable

    /// Creates arguments.
    public init(
        messageTTL: Duration? = nil,
        expires: Duration? = nil,
        maxLength: Int? = nil,
        maxLengthBytes: Int? = nil,
        overflow: Overflow? = nil,
        deadLetterExchange: String? = nil,
        deadLetterRoutingKey: String? = nil,
        deadLetterStrategy: DeadLetterStrategy? = nil,
        deliveryLimit: Int? = nil,
        singleActiveConsumer: Bool? = nil,
        maxPriority: UInt8? = nil,
        leaderLocator: LeaderLocator? = nil,
        other: AMQPTable = [:]
    ) {
        self.messageTTL = messageTTL
        self.expires = expires
        self.maxLength = maxLength
        self.maxLengthBytes = maxLengthBytes
        self.overflow = overflow
        self.deadLetterExchange = deadLetterExchange
        self.deadLetterRoutingKey = deadLetterRoutingKey
        self.deadLetterStrategy = deadLetterStrategy
        self.deliveryLimit = deliveryLimit
        self.singleActiveConsumer = singleActiveConsumer
        self.maxPriority = maxPriority
        self.leaderLocator = leaderLocator
        self.other = other
    }

    func add(to table: inout AMQPTable) {
        func milliseconds(_ duration: Duration) -> AMQPValue {
            .int64(Int64(clamping: duration.wholeUnits(of: .milliseconds(1))))
        }
        messageTTL.map { table["x-message-ttl"] = milliseconds($0) }
        expires.map { table["x-expires"] = milliseconds($0) }
        maxLength.map { table["x-max-length"] = .int64(Int64($0)) }
        maxLengthBytes.map { table["x-max-length-bytes"] = .int64(Int64($0)) }
        overflow.map { table["x-overflow"] = .string($0.rawValue) }
        deadLetterExchange.map { table["x-dead-letter-exchange"] = .string($0) }
        deadLetterRoutingKey.map { table["x-dead-letter-routing-key"] = .string($0) }
        deadLetterStrategy.map { table["x-dead-letter-strategy"] = .string($0.rawValue) }
        deliveryLimit.map { table["x-delivery-limit"] = .int64(Int64($0)) }
        singleActiveConsumer.map { table["x-single-active-consumer"] = .bool($0) }
        maxPriority.map { table["x-max-priority"] = .int64(Int64($0)) }
        leaderLocator.map { table["x-queue-leader-locator"] = .string($0.rawValue) }
        for entry in other { table[entry.key] = entry.value }
    }
}
