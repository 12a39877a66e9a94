/// A publish under way: the message is in the client's hands, the broker's answer is not there yet.
public struct AMQPPendingConfirm: Sendable {
    let confirmation: PublishConfirmation

    /// Waits for the outcome; it always comes: at the latest when the confirm timeout passes or the connection goes.
    ///
    /// May be awaited by several tasks, and again. A cancelled task gets `.unknown` for itself; the outcome still
    /// comes for the others.
    public var outcome: AMQPPublishOutcome {
        get async { await confirmation.outcome }
    }
}
