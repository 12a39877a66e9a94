/// Who settles the deliveries of a consumer.
public struct AMQPAcknowledgement: Sendable, Hashable {
    private enum Kind {
        case manual, automatic
    }

    private let kind: Kind

    /// The application, delivery by delivery; what it has not settled is delivered again.
    public static let manual = AMQPAcknowledgement(kind: .manual)

    /// The broker, by sending them: what is lost on the way, or with this program, is lost.
    ///
    /// The broker sends as fast as it can. When more than 4,096 and twice the prefetch wait here, the client ends the
    /// subscription, and takes it up again when no more than the prefetch are left; other consumers of the queue may
    /// get messages meanwhile. A consumer of a private queue, or an exclusive one, would lose its queue with that: there
    /// the connection is not read meanwhile, so that all of the client's consumers, and its declarations, wait.
    ///
    /// Settling such a delivery throws `.alreadySettled`. A stream cannot be consumed like that.
    public static let automatic = AMQPAcknowledgement(kind: .automatic)
}
