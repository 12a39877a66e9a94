/// What is wrong with an event: a code to decide on, and one sentence with the field, the value and the reason.
public struct EventError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of fault it is; new codes may come in minor versions.
    public let code: Code

    /// One sentence for people.
    public let message: String

    /// Creates an error.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// The sentence.
    public var description: String { message }

    /// The kind of a fault.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String {
            case invalidJSON, invalidEnvelope, invalidType, invalidPattern, fieldTooLong, unencodable, undecodable
        }

        private let kind: Kind

        /// The name of the code.
        public var description: String { kind.rawValue }

        /// The text is not JSON; the message has the byte and what was expected there.
        public static let invalidJSON = Code(kind: .invalidJSON)
        /// It is JSON, but a member of the envelope is missing, of the wrong kind, or contradicts another.
        public static let invalidEnvelope = Code(kind: .invalidEnvelope)
        /// The event type may not be published.
        public static let invalidType = Code(kind: .invalidType)
        /// The topic pattern has more than 255 bytes.
        public static let invalidPattern = Code(kind: .invalidPattern)
        /// A field that is also an AMQP short string has more than 255 bytes.
        public static let fieldTooLong = Code(kind: .fieldTooLong)
        /// An event's members cannot be written as JSON, for example a number that is not finite.
        public static let unencodable = Code(kind: .unencodable)
        /// The data of an event are not what the type that a handler wants needs, or it is an event of another type.
        public static let undecodable = Code(kind: .undecodable)
    }
}
