/// What an awaited publish does when its outcome becomes unknown because connection or channel are lost.
public enum AMQPUnknownPolicy: Sendable, Hashable {
    /// It throws `.unknown`; what to do is the caller's decision.
    case `throw`
    /// It sends the message again, with the same message id, at most that many times.
    ///
    /// The broker may then have it several times: consumers tell by the message id.
    case resend(upTo: Int)
}
