extension AMQPError {
    /// The kind of a failure: what a program decides on.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidURL, invalidConfiguration, invalidArgument
            case unreachable, tlsFailed, loginRefused, noCredentials, vhostNotFound, protocolViolation, connectionLost
            case notRunning, closed, timedOut, cancelled
            case notFound, accessRefused, preconditionFailed, resourceLocked, channelClosed, notSupported
            case returned, refused, unknown
            case alreadySettled, consumerCancelled
        }

        private let kind: Kind

        /// The name of the code.
        public var description: String { kind.rawValue }

        // MARK: - What the caller gave

        /// The URL cannot be parsed; the message says where.
        public static let invalidURL = Code(kind: .invalidURL)
        /// A configuration value makes no sense.
        public static let invalidConfiguration = Code(kind: .invalidConfiguration)
        /// A value cannot be sent: a name over 255 bytes, a table that does not fit a frame.
        public static let invalidArgument = Code(kind: .invalidArgument)

        // MARK: - The way to the broker

        /// No host could be reached: DNS, TCP, or silence until the deadline.
        ///
        /// Tried again by a running client.
        public static let unreachable = Code(kind: .unreachable)
        /// TLS failed: certificate, host name or version.
        ///
        /// Tried again by a running client.
        public static let tlsFailed = Code(kind: .tlsFailed)
        /// The broker refused user or password.
        ///
        /// Terminal for a client none of whose connections was ever open; tried again by one that was connected.
        public static let loginRefused = Code(kind: .loginRefused)
        /// The configured provider gave no credentials: it threw, or did not answer in time.
        ///
        /// Tried again by a running client.
        public static let noCredentials = Code(kind: .noCredentials)
        /// The virtual host does not exist, or the user may not enter it.
        ///
        /// Terminal for a client none of whose connections was ever open; tried again by one that was connected.
        public static let vhostNotFound = Code(kind: .vhostNotFound)
        /// The peer does not speak AMQP 0-9-1, or broke its rules.
        public static let protocolViolation = Code(kind: .protocolViolation)
        /// The connection went away while the operation was under way.
        public static let connectionLost = Code(kind: .connectionLost)

        // MARK: - The life of the client

        /// `run()` was never called, so nothing can be sent.
        public static let notRunning = Code(kind: .notRunning)
        /// The client, channel or consumer was closed on this side.
        public static let closed = Code(kind: .closed)
        /// The deadline passed.
        public static let timedOut = Code(kind: .timedOut)
        /// The waiting task was cancelled.
        public static let cancelled = Code(kind: .cancelled)

        // MARK: - What the broker says to an operation

        /// 404: no such exchange, queue or virtual host.
        public static let notFound = Code(kind: .notFound)
        /// 403: the user lacks the permission.
        public static let accessRefused = Code(kind: .accessRefused)
        /// 406: an entity exists with other arguments, or a delivery tag is unknown.
        public static let preconditionFailed = Code(kind: .preconditionFailed)
        /// 405: the entity is exclusive to another connection.
        public static let resourceLocked = Code(kind: .resourceLocked)
        /// The broker closed the channel for another reason; see ``AMQPError/reply``.
        public static let channelClosed = Code(kind: .channelClosed)
        /// The broker does not offer what was asked for.
        public static let notSupported = Code(kind: .notSupported)

        // MARK: - The outcome of a publish

        /// No queue took the mandatory message; the broker gave it back.
        public static let returned = Code(kind: .returned)
        /// The broker refused the message (`basic.nack`).
        public static let refused = Code(kind: .refused)
        /// Whether the broker has the message is not known: the connection or channel went away before the confirm, it
        /// did not come in time, or the waiting task was cancelled.
        public static let unknown = Code(kind: .unknown)

        // MARK: - Consuming

        /// The delivery was acked, rejected or released before.
        public static let alreadySettled = Code(kind: .alreadySettled)
        /// The broker ended the subscription (`basic.cancel`); a running client takes it up again.
        public static let consumerCancelled = Code(kind: .consumerCancelled)
    }
}
