/// Something that happened in the client's background work, for logs, metrics and alarms.
public struct AMQPEvent: Sendable, Hashable, CustomStringConvertible {
    /// What kind of thing happened.
    ///
    /// New kinds may come in minor versions.
    public struct Kind: Sendable, Hashable, CustomStringConvertible {
        private enum Name: String {
            case connected, disconnected, entityNotRecovered, channelLost, subscriptionLost, subscribed, staleDelivery
            case undecodable, lateReply, entityDiffers, deliveryOverdue, resent
        }

        private let name: Name

        /// The name of the kind.
        public var description: String { name.rawValue }

        /// A connection was opened.
        public static let connected = Kind(name: .connected)
        /// A connection was lost, or could not be opened; the client tries again.
        public static let disconnected = Kind(name: .disconnected)
        /// After a reconnect an exchange, queue or binding could not be declared again.
        ///
        /// One whose declaration made the broker close the connection is skipped until it is applied again.
        public static let entityNotRecovered = Kind(name: .entityNotRecovered)
        /// The broker closed a publishing channel; a new one is opened.
        public static let channelLost = Kind(name: .channelLost)
        /// A subscription ended without being asked to, or could not be taken up; the client tries again.
        public static let subscriptionLost = Kind(name: .subscriptionLost)
        /// A lost subscription was taken up again.
        public static let subscribed = Kind(name: .subscribed)
        /// A delivery from before a reconnect was settled; nothing was sent, the broker delivers it again.
        public static let staleDelivery = Kind(name: .staleDelivery)
        /// A message could not be read, or was larger than this client accepts.
        ///
        /// It was rejected, so that the broker dead-letters or drops it.
        public static let undecodable = Kind(name: .undecodable)
        /// An exchange or queue exists with other arguments than declared, and is used as it is.
        public static let entityDiffers = Kind(name: .entityDiffers)
        /// A delivery is unsettled for so long that the broker will soon take it away, with all others of its
        /// channel; ``AMQPEvent/delivery`` says which.
        public static let deliveryOverdue = Kind(name: .deliveryOverdue)
        /// A publish whose outcome became unknown was sent again.
        public static let resent = Kind(name: .resent)
        /// A reply came after its request had given up; it was dropped.
        public static let lateReply = Kind(name: .lateReply)
    }

    /// What happened.
    public let kind: Kind
    /// On what: a host, queue, exchange.
    public let subject: String
    /// Why, where something went wrong.
    public let error: AMQPError?
    /// Which delivery it is about, where it is about one.
    public internal(set) var delivery: AMQPSlowDelivery?

    /// One line.
    public var description: String {
        error.map { "\(kind) \(subject): \($0)" } ?? "\(kind) \(subject)"
    }
}
