/// How a client is, by what moves: a connection that is open and moves nothing is not well.
///
/// All ages are of the moment it was asked for. A peer that stopped without hanging up shows in ``Connection/lastReceived``
/// and in the age of what it does not answer, long before a heartbeat tells.
public struct AMQPHealth: Sendable, Hashable {
    /// One of the two connections.
    public struct Connection: Sendable, Hashable {
        /// Where a connection stands.
        public enum State: Sendable, Hashable {
            /// Nobody needs it yet.
            case unused
            /// There is none; one is being made.
            case connecting
            /// Open.
            case open
            /// Open, but the broker takes no publishes.
            case blocked
            /// Ended for good.
            case closed
        }

        /// Where it stands.
        public let state: State
        /// For how long it has stood there.
        public let stateAge: Duration
        /// How long ago the last bytes came in; `nil`: none ever.
        public let lastReceived: Duration?
        /// How long ago the last bytes went out; `nil`: none ever.
        public let lastSent: Duration?
        /// Publishes without an answer.
        public let unconfirmed: Int
        /// How long the oldest of them waits; `nil`: none does.
        public let oldestUnconfirmed: Duration?
        /// Deliveries that came and are not settled.
        public let unsettled: Int
        /// How long ago the oldest of them came; `nil`: there is none.
        public let oldestUnsettled: Duration?
        /// For how long the broker has taken no publishes, in all.
        public let blocked: Duration
        /// How often a lost connection was opened again.
        public let reconnects: Int
        /// Settlements that were dropped because their delivery's channel was gone.
        public let staleSettlements: Int
        /// Publishes that were sent again.
        public let resent: Int
        /// Replies that came too late.
        public let lateReplies: Int
    }

    /// The connection for publishing, and requests.
    public let publishing: Connection
    /// The connection for everything else.
    public let consuming: Connection
}

extension AMQPClient {
    /// How the client is now; cheap enough to ask every second.
    public var health: AMQPHealth {
        AMQPHealth(publishing: publishing.health, consuming: consuming.health)
    }
}
