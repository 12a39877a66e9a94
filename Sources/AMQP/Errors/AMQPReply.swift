/// A reply code and text as the broker sends them, for example `404 NOT_FOUND - no queue 'billing' in vhost '/'`.
public struct AMQPReply: Sendable, Hashable, CustomStringConvertible {
    /// The AMQP reply code (AMQP 0-9-1, section 1.8 "Constants").
    public let code: UInt16

    /// The broker's text.
    public let text: String

    /// Creates a reply.
    public init(code: UInt16, text: String) {
        self.code = code
        self.text = text
    }

    /// `code text`.
    public var description: String { "\(code) \(text)" }
}
