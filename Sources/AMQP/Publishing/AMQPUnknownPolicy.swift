/// What an awaited publish does when its outcome becomes unknown because connection or channel are lost.
public struct AMQPUnknownPolicy: Sendable, Hashable {
    /// How often the message may be sent again.
    let resends: Int

    /// It throws `.unknown`; what to do is the caller's decision.
    public static let `throw` = AMQPUnknownPolicy(resends: 0)

    /// It sends the message again, with the same message id, at most that many times.
    ///
    /// The broker may then have it several times: consumers tell by the message id.
    public static func resend(upTo limit: Int) -> AMQPUnknownPolicy { AMQPUnknownPolicy(resends: max(0, limit)) }
}
