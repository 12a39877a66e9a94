import WarrenRuntime

/// A message delivered to a consumer, to be settled exactly once: acked, rejected, or released.
///
/// A delivery that is never settled is delivered again when its consumer ends.
public struct AMQPDelivery: Sendable {
    let contents: DeliveryContents
    let settler: DeliverySettler
    let subscription: UInt64

    /// What became of a settlement.
    public enum Settlement: Sendable, Hashable {
        /// On its way to the broker.
        case sent
        /// The channel it came on is gone; the broker delivers it again, and nothing was sent.
        ///
        /// A stream does not deliver it again, but goes on after it.
        case staleDelivery
    }

    /// The message.
    public var message: AMQPMessage { contents.incoming.message }
    /// The body of the message.
    public var body: [UInt8] { contents.incoming.message.body }
    /// The properties of the message.
    public var properties: AMQPProperties { contents.incoming.message.properties }
    /// The exchange it was published to; empty for the default exchange.
    public var exchange: String { contents.incoming.envelope.exchange }
    /// The key it was published with.
    ///
    /// Bytes that are no UTF-8 are replaced.
    public var routingKey: String { contents.incoming.envelope.routingKey }
    /// Whether it was delivered before, perhaps to someone else.
    public var redelivered: Bool { contents.incoming.envelope.redelivered }
    /// The number of the delivery on its channel.
    public var deliveryTag: UInt64 { contents.incoming.envelope.tag }

    /// Where the message stands in its stream; `nil` where the queue is none.
    public var streamOffset: UInt64? {
        properties.headers[AMQPStreamOffset.key]?.integer.flatMap { UInt64(exactly: $0) }
    }

    /// Why the message could not be read, and is empty here; only for who ``AMQPClient/hold(_:prefetch:)``s it.
    package var unreadable: String? { contents.unreadable }

    /// Whether the channel it came on is gone, so that the broker delivers it again and settling it does nothing.
    package var isStale: Bool { settler.isStale(self) }

    /// Tells the broker that the message is dealt with.
    ///
    /// Never waits: acks are gathered and sent together.
    ///
    /// - Parameter multiple: also acks every unsettled delivery before this one.
    /// - Returns: whether it is on its way, or stale: then the broker delivers the message again.
    /// - Throws: `.alreadySettled`.
    @discardableResult
    public func ack(multiple: Bool = false) throws(AMQPError) -> Settlement {
        try settler.settle(self, .ack(tag: deliveryTag, multiple: multiple))
    }

    /// Gives the message back for a reason that is not its own: shutdown, overload.
    ///
    /// `release()` says it shorter.
    ///
    /// - Parameters:
    ///   - requeue: whether the broker delivers it again; otherwise it is dead-lettered or dropped.
    ///   - multiple: also every unsettled delivery before this one.
    /// - Returns: whether it is on its way, or stale: then the broker delivers the message again.
    /// - Throws: `.alreadySettled`.
    @discardableResult
    public func nack(requeue: Bool = true, multiple: Bool = false) throws(AMQPError) -> Settlement {
        try settler.settle(self, .nack(tag: deliveryTag, multiple: multiple, requeue: requeue))
    }

    /// Says that the message failed.
    ///
    /// Counts towards a delivery limit on every version of RabbitMQ.
    ///
    /// - Parameter requeue: whether the broker delivers it again; otherwise it is dead-lettered or dropped.
    /// - Returns: whether it is on its way, or stale: then the broker delivers the message again.
    /// - Throws: `.alreadySettled`.
    @discardableResult
    public func reject(requeue: Bool = false) throws(AMQPError) -> Settlement {
        try settler.settle(self, .reject(tag: deliveryTag, requeue: requeue))
    }

    /// Puts the message back into its queue, for a reason that is not its own.
    ///
    /// - Returns: whether it is on its way, or stale: then the broker delivers the message again.
    /// - Throws: `.alreadySettled`.
    @discardableResult
    public func release() throws(AMQPError) -> Settlement {
        try nack(requeue: true)
    }
}

/// What was delivered; allocated once, handed on by reference.
final class DeliveryContents: Sendable {
    let incoming: IncomingMessage
    /// Why the message could not be read.
    let unreadable: String?

    init(_ incoming: IncomingMessage, unreadable: String? = nil) {
        self.incoming = incoming
        self.unreadable = unreadable
    }
}

/// The way back of a delivery to its channel.
final class DeliverySettler: Sendable {
    private let connection: Connection
    private let channel: SlotID
    private let position: SubscriptionPosition
    private let deliversAgain: Bool

    init(connection: Connection, channel: SlotID, position: SubscriptionPosition, deliversAgain: Bool = true) {
        self.deliversAgain = deliversAgain
        self.connection = connection
        self.channel = channel
        self.position = position
    }

    /// Whether the channel the delivery came on still lives.
    func isStale(_ delivery: AMQPDelivery) -> Bool {
        delivery.subscription != position.current
    }

    /// Whether the broker delivers it again by itself, so that nobody needs to look at this one.
    func comesAgain(_ delivery: AMQPDelivery) -> Bool {
        deliversAgain && isStale(delivery)
    }

    func settle(
        _ delivery: AMQPDelivery,
        _ settlement: DeliveryLedger.SettlingMethod
    ) throws(AMQPError) -> AMQPDelivery.Settlement {
        try connection.settle(channel, delivery, settlement)
    }
}
