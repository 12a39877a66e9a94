/// What a broker may send to a client: the methods of AMQP 0-9-1 and RabbitMQ's extensions, as values.
enum ServerMethod: Sendable, Hashable {
    case connectionStart(ServerGreeting)
    case connectionSecure(challenge: [UInt8])
    case connectionTune(Tuning)
    case connectionOpenOK
    case connectionClose(CloseReason)
    case connectionCloseOK
    case connectionBlocked(reason: String)
    case connectionUnblocked
    case connectionUpdateSecretOK

    case channelOpenOK
    case channelFlow(active: Bool)
    case channelClose(CloseReason)
    case channelCloseOK

    case basicAck(tag: UInt64, multiple: Bool)
    case basicNack(tag: UInt64, multiple: Bool)
    case basicCancel(consumerTag: String)

    /// The answer to a call, matched with the oldest call on its channel.
    case reply(CallReply)

    /// A method that is followed by a content header and a body.
    case content(ContentMethod)
}

/// The answer to a synchronous method.
enum CallReply: Sendable, Hashable {
    case exchangeDeclareOK
    case exchangeDeleteOK
    case exchangeBindOK
    case exchangeUnbindOK
    case queueDeclareOK(AMQPQueueStatus)
    case queueBindOK
    case queueUnbindOK
    case queuePurgeOK(messageCount: UInt32)
    case queueDeleteOK(messageCount: UInt32)
    case basicQosOK
    case basicConsumeOK(consumerTag: String)
    case basicCancelOK
    case basicGetEmpty
    case basicRecoverOK
    case confirmSelectOK
    case txSelectOK
    case txCommitOK
    case txRollbackOK
    /// Not a method of its own: `basic.get-ok` with its content assembled.
    case message(IncomingMessage)
}

/// The methods that carry a message.
enum ContentMethod: Sendable, Hashable {
    case deliver(Envelope)
    case getOK(Envelope, remaining: UInt32)
    case `return`(AMQPReply, exchange: String, routingKey: String)

    /// Where a delivered message came from.
    struct Envelope: Sendable, Hashable {
        let tag: UInt64
        let redelivered: Bool
        let exchange: String
        let routingKey: String
    }
}

/// `connection.start`.
struct ServerGreeting: Sendable, Hashable {
    let versionMajor: UInt8
    let versionMinor: UInt8
    let properties: AMQPTable
    let mechanisms: [String]
}

/// `connection.tune` and `tune-ok`: the limits of a connection.
///
/// Zero means no limit.
struct Tuning: Sendable, Hashable {
    var channelMax: UInt16
    var frameMax: UInt32
    var heartbeat: UInt16
}

/// `connection.close` and `channel.close`: the reply, and the method that caused it (zeros where none did).
struct CloseReason: Sendable, Hashable {
    let reply: AMQPReply
    let classID: UInt16
    let methodID: UInt16
}

/// A whole message from the broker, with where it came from.
struct IncomingMessage: Sendable, Hashable {
    let envelope: ContentMethod.Envelope
    let message: AMQPMessage
    /// Messages left in the queue; only after `basic.get`.
    var remaining: UInt32 = 0
}
