/// What went wrong in the client: a code to decide on, and the context to understand it.
///
/// `description` is one sentence with the host, entity or value concerned and the reason. It never holds a password.
public struct AMQPError: Error, Sendable, Hashable {
    /// What kind of failure it is.
    ///
    /// New codes may come in minor versions.
    public let code: Code

    /// One sentence: what was attempted, on what, and why it failed.
    public let message: String

    /// The broker's own reply, when the broker said something.
    public let reply: AMQPReply?

    /// How an existing entity differs from its declaration, where the broker said so and it can be read.
    public var conflict: AMQPConflict? { reply.flatMap { AMQPConflict($0) } }

    /// Where in the client's source the error was made: `file:line`.
    public let source: String

    /// Creates an error; clients of the library rarely need to.
    public init(
        _ code: Code,
        _ message: String,
        reply: AMQPReply? = nil,
        fileID: StaticString = #fileID,
        line: UInt = #line
    ) {
        self.code = code
        self.message = message
        self.reply = reply
        self.source = "\(fileID):\(line)"
    }

    /// Equal when code, message and reply are; where it was made does not count.
    public static func == (left: AMQPError, right: AMQPError) -> Bool {
        left.code == right.code && left.message == right.message && left.reply == right.reply
    }

    /// Hashes what `==` compares.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(message)
        hasher.combine(reply)
    }
}

extension AMQPError: CustomStringConvertible, CustomDebugStringConvertible {
    /// The sentence, for people.
    public var description: String { message }

    /// The sentence with code and source place, for developers.
    public var debugDescription: String { "\(code) at \(source): \(message)" }
}
