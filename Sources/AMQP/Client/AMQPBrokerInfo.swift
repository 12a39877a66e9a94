/// What a broker said of itself when the connection was opened, and what was agreed on.
public struct AMQPBrokerInfo: Sendable, Hashable {
    /// The broker's own description (AMQP 0-9-1, `connection.start`): product, version, platform, capabilities.
    public let properties: AMQPTable

    /// The most channels on a connection.
    public let channelMax: UInt16

    /// The largest frame, in bytes.
    public let frameMax: UInt32

    /// After how long a silence a peer counts as dead; zero: never.
    public let heartbeat: Duration

    /// The broker's product, usually `RabbitMQ`.
    public var product: String? { properties["product"]?.string }

    /// The broker's version, for example `3.10.8`.
    public var version: String? { properties["version"]?.string }

    init(_ negotiated: Handshake.Negotiated) {
        properties = negotiated.server
        channelMax = negotiated.tuning.channelMax
        frameMax = negotiated.tuning.frameMax
        heartbeat = .seconds(Int64(negotiated.tuning.heartbeat))
    }
}
