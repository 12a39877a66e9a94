/// What is done when an entity exists otherwise than declared.
public enum AMQPConflictPolicy: Sendable, Hashable {
    /// The declaration throws `.preconditionFailed`; ``AMQPError/conflict`` says in what they differ.
    case fail
    /// What exists is used as it is; an event (`.entityDiffers`) says in what it differs, also after each reconnect.
    case useExisting
}
