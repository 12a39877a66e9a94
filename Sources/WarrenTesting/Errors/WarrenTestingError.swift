/// What went wrong in the test kit: a code to decide on, and a sentence that says what, where and what to do.
public struct WarrenTestingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kind of a failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case brokerMissing, startFailed, commandFailed, notOurBroker, wrongState, timedOut, invalidArgument, system
            case peerClosed, malformedFrame
        }

        private let kind: Kind

        /// The name of the code.
        public var description: String { kind.rawValue }

        /// RabbitMQ is not installed; the message names the package.
        public static let brokerMissing = Code(kind: .brokerMissing)
        /// The broker ended or stayed silent while it started; the message carries the end of its log.
        public static let startFailed = Code(kind: .startFailed)
        /// A command (`rabbitmqctl`) ended with another status than 0; the message carries its output.
        public static let commandFailed = Code(kind: .commandFailed)
        /// A fault verb was called on a broker that `WARREN_TEST_URL` names: it is not ours to stop.
        public static let notOurBroker = Code(kind: .notOurBroker)
        /// The verb does not fit the state: restarting what starts, suspending what is down.
        public static let wrongState = Code(kind: .wrongState)
        /// The deadline passed before the awaited condition held.
        public static let timedOut = Code(kind: .timedOut)
        /// An argument makes no sense; the message says which and why.
        public static let invalidArgument = Code(kind: .invalidArgument)
        /// The client closed the connection before it sent what a script waits for.
        public static let peerClosed = Code(kind: .peerClosed)
        /// What the client sent is no AMQP 0-9-1.
        public static let malformedFrame = Code(kind: .malformedFrame)
        /// The operating system refused; the message has the call and the reason.
        public static let system = Code(kind: .system)
    }

    /// What kind of failure it is.
    ///
    /// New codes may come in minor versions.
    public let code: Code

    /// What was attempted, why it failed, and what to do.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { message }
}
