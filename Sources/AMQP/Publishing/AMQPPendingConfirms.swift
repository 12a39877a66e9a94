/// Publishes under way that were sent together.
public struct AMQPPendingConfirms: Sendable {
    let confirmation: PublishConfirmation

    /// Waits until each has its outcome, which always comes, as that of ``AMQPPendingConfirm``.
    ///
    /// In the order of the messages. A cancelled task gets `.unknown` for those that are not there yet.
    public var outcomes: [AMQPPublishOutcome] {
        get async { await confirmation.outcomes }
    }
}
