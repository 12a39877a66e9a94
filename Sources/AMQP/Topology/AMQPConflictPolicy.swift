/// What is done when an entity exists otherwise than declared.
///
/// There is no policy that replaces what exists: RabbitMQ cannot be asked to delete a quorum queue only while it is empty
/// and unused, so that a message that comes at that moment would be lost. Move to a queue of another name instead.
public struct AMQPConflictPolicy: Sendable, Hashable {
    private enum Kind {
        case fail, useExisting
    }

    private let kind: Kind

    /// The declaration throws `.preconditionFailed`; ``AMQPError/conflict`` says in what they differ.
    public static let fail = AMQPConflictPolicy(kind: .fail)
    /// What exists is used as it is; an event (`.entityDiffers`) says in what it differs, also after each reconnect.
    public static let useExisting = AMQPConflictPolicy(kind: .useExisting)
}
