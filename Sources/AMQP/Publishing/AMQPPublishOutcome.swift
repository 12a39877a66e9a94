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
        switch self {
        case .acked: return
        case .returned(let message):
            throw AMQPError(
                .returned,
                "no queue took the message to exchange '\(message.exchange)' with key '\(message.routingKey)': "
                    + message.reply.description,
                reply: message.reply
            )
        case .refused:
            throw AMQPError(.refused, "the broker refused the message (basic.nack): a queue is full or failing")
        case .unknown(let cause):
            throw AMQPError(.unknown, "whether the broker has the message is unknown: \(cause)", reply: cause.reply)
        }
    }
}

/// A message that the broker gave back, because it was mandatory and no queue took it.
public struct AMQPReturn: Sendable, Hashable {
    /// Why, usually `312 NO_ROUTE`.
    public let reply: AMQPReply
    /// Where it was published to.
    public let exchange: String
    /// With which key.
    public let routingKey: String
    /// The message as the broker gave it back.
    public let message: AMQPMessage
}

extension AMQPReturn {
    /// The message as it was before the client stamped it.
    var withoutStamp: AMQPReturn {
        guard message.properties.headers[PublishEncoder.stampKey] != nil else { return self }
        var message = message
        message.properties.headers[PublishEncoder.stampKey] = nil
        return AMQPReturn(reply: reply, exchange: exchange, routingKey: routingKey, message: message)
    }
}

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
