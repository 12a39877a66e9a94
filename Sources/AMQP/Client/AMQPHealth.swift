/// How a client is, by what moves: a connection that is open and moves nothing is not well.
///
/// All ages are of the moment it was asked for. A peer that stopped without hanging up shows in ``Connection/lastReceived``
/// and in the age of what it does not answer, long before a heartbeat tells.
public struct AMQPHealth: Sendable, Hashable {
    /// One of the two connections.
    public struct Connection: Sendable, Hashable {
        /// Where a connection stands.
        public struct State: Sendable, Hashable, CustomStringConvertible {
            private enum Name: String {
                case unused, connecting, open, blocked, closed
            }

            private let name: Name

            /// The name of the state.
            public var description: String { name.rawValue }

            /// Nobody needs it yet.
            public static let unused = State(name: .unused)
            /// There is none; one is being made.
            public static let connecting = State(name: .connecting)
            /// Open.
            public static let open = State(name: .open)
            /// Open, but the broker takes no publishes.
            public static let blocked = State(name: .blocked)
            /// Ended for good.
            public static let closed = State(name: .closed)
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
        /// Consumers that get nothing now, although nobody has paused them: there is no connection, the broker has not
        /// taken them up yet, or refuses to.
        public let idleConsumers: Int
    }

    /// The connection for publishing, and requests.
    public let publishing: Connection
    /// The connection for everything else.
    public let consuming: Connection
    /// Exchanges, queues and bindings of ``AMQPClient/apply(_:onConflict:)`` that could not be declared again when that was
    /// last tried.
    public let notRecovered: Int
}

extension AMQPClient {
    /// How the client is now; cheap enough to ask every second.
    public var health: AMQPHealth {
        AMQPHealth(publishing: publishing.health, consuming: consuming.health, notRecovered: recorder.notRecovered)
    }
}
