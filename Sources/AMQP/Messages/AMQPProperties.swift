/// The properties of a message (AMQP 0-9-1, class basic).
///
/// `nil` and an empty ``headers`` mean absent on the wire.
public struct AMQPProperties: Sendable, Hashable {
    /// Whether the broker keeps the message on disk.
    public enum DeliveryMode: UInt8, Sendable, Hashable {
        /// Lost when the broker restarts.
        case transient = 1
        /// Survives a restart in a durable queue.
        case persistent = 2
    }

    /// MIME type of the body.
    public var contentType: String?
    /// MIME encoding of the body, for example `gzip`.
    public var contentEncoding: String?
    /// Application headers.
    ///
    /// RabbitMQ 4 delivers them in the order of their keys, earlier versions in the publisher's.
    public var headers: AMQPTable
    /// Transient or persistent.
    public var deliveryMode: DeliveryMode?
    /// 0 to 255; a queue honours as many levels as its `x-max-priority` says.
    public var priority: UInt8?
    /// Links a message to another, a reply to its request.
    public var correlationID: String?
    /// Queue that replies go to.
    public var replyTo: String?
    /// Time to live in milliseconds, as text, as the protocol has it.
    public var expiration: String?
    /// The application's id of the message.
    public var messageID: String?
    /// Seconds since 1970.
    public var timestamp: UInt64?
    /// The application's name for the kind of message.
    public var type: String?
    /// The publishing user; the broker refuses any but the connection's own.
    public var userID: String?
    /// The publishing application.
    public var appID: String?
    /// Deprecated by the protocol; carried.
    public var clusterID: String?

    /// Creates properties; persistent unless told otherwise.
    public init(
        contentType: String? = nil,
        contentEncoding: String? = nil,
        headers: AMQPTable = [:],
        deliveryMode: DeliveryMode? = .persistent,
        priority: UInt8? = nil,
        correlationID: String? = nil,
        replyTo: String? = nil,
        expiration: String? = nil,
        messageID: String? = nil,
        timestamp: UInt64? = nil,
        type: String? = nil,
        userID: String? = nil,
        appID: String? = nil,
        clusterID: String? = nil
    ) {
        self.contentType = contentType
        self.contentEncoding = contentEncoding
        self.headers = headers
        self.deliveryMode = deliveryMode
        self.priority = priority
        self.correlationID = correlationID
        self.replyTo = replyTo
        self.expiration = expiration
        self.messageID = messageID
        self.timestamp = timestamp
        self.type = type
        self.userID = userID
        self.appID = appID
        self.clusterID = clusterID
    }
}
