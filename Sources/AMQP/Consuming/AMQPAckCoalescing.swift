/// How a consumer's acks are gathered, so that one frame and one packet carry many.
///
/// Whatever is chosen, acks go out at once when the broker may send less than half of the prefetch before it hears of them:
/// when deliveries that are unsettled and acks that wait are more than the other half. So it is where a backlog keeps the
/// consumer at its prefetch. They also go with anything else that is written, and where the consumer is idle.
public struct AMQPAckCoalescing: Sendable, Hashable {
    /// Whether one frame may ack several deliveries (`multiple`).
    let sharesFrames: Bool
    /// How many acks wait at most.
    let count: Int
    /// How long an ack waits at most.
    let delay: Duration

    /// As many as the prefetch allows, for up to a millisecond.
    public static let automatic = upTo(.max, within: .milliseconds(1))

    /// A frame for each ack; they still share packets.
    public static let none = AMQPAckCoalescing(sharesFrames: false, count: .max, delay: .milliseconds(1))

    /// At most so many, for at most so long.
    ///
    /// - Parameters:
    ///   - count: how many acks wait at most, at least 1.
    ///   - delay: how long an ack waits at most, up to 10 s; less than a millisecond saves little.
    /// - Returns: the choice; one that makes no sense is refused where it is used.
    public static func upTo(_ count: Int, within delay: Duration) -> AMQPAckCoalescing {
        AMQPAckCoalescing(sharesFrames: true, count: count, delay: delay)
    }

    /// Why it makes no sense.
    var objection: String? {
        if count < 1 { return "acks must be gathered up to 1 or more, not \(count)" }
        if delay < .zero || delay > .seconds(10) { return "acks may be gathered for 0 to 10 s, not \(delay)" }
        return nil
    }
}
