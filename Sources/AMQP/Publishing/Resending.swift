/// Decides whether a publish is sent again, and what its caller is told in the end.
struct Resending: ~Copyable {
    /// What became of one sending.
    enum Attempt: Sendable {
        /// Its turn did not come.
        case notSent(AMQPError)
        case sent(AMQPPublishOutcome)
    }

    enum Next: Equatable {
        case done
        case again(because: AMQPError)
        case fail(AMQPError)
    }

    private let message: AMQPMessage
    private var left: Int
    /// Sendings without an outcome.
    private var unknowns = 0

    init(_ policy: AMQPUnknownPolicy, _ message: AMQPMessage = AMQPMessage(body: [])) {
        self.message = message
        left = policy.resends
    }

    var mayResend: Bool { left > 0 }

    mutating func next(after attempt: Attempt, _ target: PublishTarget, _ isCancelled: Bool) -> Next {
        switch attempt {
        case .notSent(let error): return .fail(told(error))
        case .sent(.acked): return .done
        case .sent(.unknown(let cause)) where left > 0 && !isCancelled && isLoss(cause, target):
            left -= 1
            unknowns += 1
            return .again(because: cause)
        case .sent(let outcome):
            do throws(AMQPError) {
                try outcome.check()
                return .done
            } catch {
                return .fail(told(error))
            }
        }
    }

    /// After a sending without an outcome nothing but an ack is certain any more.
    private func told(_ error: AMQPError) -> AMQPError {
        guard unknowns > 0, error.code != .unknown else { return error }
        let times = unknowns == 1 ? "once" : "\(unknowns) times"
        let message = "whether the broker has the message is unknown: it was sent \(times) without an answer"
        return AMQPError(.unknown, "\(message); then: \(error)", reply: error.reply)
    }

    /// Whether connection or channel were lost, and not because of this very message.
    ///
    /// A bad publish closes the channel under all others.
    private func isLoss(_ cause: AMQPError, _ target: PublishTarget) -> Bool {
        let text = cause.reply?.text ?? ""
        switch cause.code {
        case .connectionLost, .channelClosed, .protocolViolation, .unreachable: return true
        case .notFound, .accessRefused: return !text.contains("exchange '\(target.exchange)'")
        case .preconditionFailed:
            return !text.contains("message size \(message.body.count) ")
                && !(message.properties.userID != nil && text.contains("user_id"))
                && !(message.properties.expiration != nil && text.contains("expiration"))
        default: return false
        }
    }
}
