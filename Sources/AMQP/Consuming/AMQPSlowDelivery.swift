/// A delivery that has not been settled for long, as an event names it.
public struct AMQPSlowDelivery: Sendable, Hashable, CustomStringConvertible {
    /// The queue; empty for a private one.
    public let queue: String
    /// The number of the delivery on its channel.
    public let deliveryTag: UInt64
    /// The message's id, if it has one.
    public let messageID: String?
    /// How long it is unsettled.
    public let age: Duration

    init(_ overdue: DeliveryWatch.Overdue, queue: String) {
        self.queue = queue
        deliveryTag = overdue.tag
        messageID = overdue.messageID
        age = overdue.age
    }

    /// The delivery in words.
    public var description: String {
        "delivery \(deliveryTag) (message id \(messageID.map { "'\($0)'" } ?? "none"), unsettled for \(age))"
    }
}
