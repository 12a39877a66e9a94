/// What the broker says of a queue when it is declared.
public struct AMQPQueueStatus: Sendable, Hashable {
    /// The queue's name; the broker's choice when it was declared without one.
    public let name: String
    /// Messages ready to be delivered.
    public let messageCount: Int
    /// Consumers of the queue.
    public let consumerCount: Int
}
