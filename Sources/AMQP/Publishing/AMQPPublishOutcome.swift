import WarrenRuntime

/// What became of a publish: four outcomes that are never mixed up.
public enum AMQPPublishOutcome: Sendable, Hashable {
    /// The broker has taken responsibility for the message.
    ///
    /// `routed` is true when it also vouches that a queue took it, which it does for mandatory messages. Where
    /// mandatory is off the broker drops what no queue takes without a word, and `routed` is false.
    case acked(routed: Bool)

    /// No queue took the mandatory message; the broker gave it back.
    indirect case returned(AMQPReturn)

    /// The broker refused the message (`basic.nack`): a full queue with `reject-publish`, or an internal error.
    case refused

    /// Whether the broker has the message is not known: connection or channel went away, the confirm did not come in
    /// time, or the wait was cancelled. Sending again may make a duplicate.
    indirect case unknown(AMQPError)
}

extension AMQPPublishOutcome {
    /// Nothing for an acked message, the error for any other.
    func check() throws(AMQPError) {
        if let error { throw error }
    }

    /// What is wrong, for all but an acked message.
    var error: AMQPError? {
        switch self {
        case .acked: nil
        case .returned(let message):
            AMQPError(
                .returned,
                "no queue took the message to exchange '\(message.exchange)' with key '\(message.routingKey)': "
                    + message.reply.description,
                reply: message.reply
            )
        case .refused:
            AMQPError(.refused, "the broker refused the message (basic.nack): a queue is full or failing")
        case .unknown(let cause):
            AMQPError(.unknown, "whether the broker has the message is unknown: \(cause)", reply: cause.reply)
        }
    }
}
