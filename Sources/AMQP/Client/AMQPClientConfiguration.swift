/// How a client behaves.
///
/// Every value has a default that suits a service. What the URL says of ``heartbeat``, ``frameMax``, ``channelMax`` and
/// ``connectTimeout`` has precedence over what stands here; ``connectionName`` here has precedence over the URL's.
public struct AMQPClientConfiguration: Sendable, Hashable {
    /// Shown by the broker's management tools; default: the URL's `connection_name`, else the program's name.
    public var connectionName: String?

    /// What else the broker's management tools show of this client, or instead of `product`, `version` and `platform`.
    ///
    /// At most 2 KiB: a broker takes little from whom it does not know yet. `capabilities` and `connection_name` are the
    /// client's own. Default: nothing.
    public var clientProperties: AMQPTable = [:]

    /// Asked before each login by password, instead of the URL's user and password; for tokens and passwords that change.
    ///
    /// Default: none. A refused login is tried once more with what it gives then; a second refusal in a row is final for
    /// a client that was never connected, and tried again, with what it gives each time, by one that was.
    public var credentials: AMQPCredentialsProvider?

    /// How long resolving, connecting and logging in to one host may take.
    public var connectTimeout: Duration = .seconds(10)

    /// How long an operation waits for the connection, for room, or for the broker's answer.
    public var operationTimeout: Duration = .seconds(30)

    /// How long a publish waits for its confirm before its outcome is unknown.
    public var confirmTimeout: Duration = .seconds(30)

    /// After how long the broker takes back a delivery that is not settled: its `consumer_timeout`.
    ///
    /// When four fifths of it have passed, an event (`.deliveryOverdue`) names the delivery. `nil`: never.
    public var consumerTimeout: Duration? = .seconds(1800)

    /// How long each step of closing waits for the broker.
    ///
    /// A client has two steps: outstanding confirms, then the broker's goodbye. A channel, publisher or consumer has one, a
    /// consumer with a private queue two: unbinding that first. With a broker that does not answer, the end of
    /// ``AMQPClient/run()`` takes twice as long as this.
    public var closeTimeout: Duration = .seconds(5)

    /// Silence after which a peer counts as dead, give or take half of it; the broker may ask for less.
    ///
    /// In whole seconds; zero turns heartbeats off.
    public var heartbeat: Duration = .seconds(20)

    /// The most channels per connection; the broker may allow fewer.
    public var channelMax: UInt16 = 2047

    /// The largest frame in bytes, 4,096 to 16 MiB; the broker may allow less.
    public var frameMax: UInt32 = 131_072

    /// The largest message this client accepts, in bytes.
    public var maximumMessageSize: Int = 128 << 20

    /// How many publishes of the client's own publisher may be unanswered at a time, 1 to 1,048,576.
    public var publishWindow: Int = 1000

    /// How many bytes may wait to be written, per connection; publishers wait beyond that.
    public var outboxLimit: Int = 1 << 20

    /// When and how a lost connection is opened again.
    public var reconnect = Reconnect()

    /// Creates the default configuration.
    public init() {}

    /// When and how a lost connection is opened again: exponential back-off with full jitter.
    public struct Reconnect: Sendable, Hashable {
        /// The most that the first retry waits.
        public var initial: Duration = .milliseconds(200)
        /// The most that any retry waits.
        public var maximum: Duration = .seconds(15)
        /// By how much the wait grows each time.
        public var multiplier: Double = 2
        /// Whether a client that was never connected tries again too.
        ///
        /// If not, a client whose broker cannot be reached fails at once: right for a command, wrong for a service. Its
        /// second connection, opened when the first is there, is always tried again.
        public var retriesFirst: Bool = true

        /// Creates the default policy: for ever.
        public init() {}
    }
}
