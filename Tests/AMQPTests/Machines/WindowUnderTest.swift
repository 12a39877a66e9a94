import WarrenRuntime

@testable import AMQP

/// A confirm window that speaks of publishes by their numbers instead of by the shots that wait for them.
struct WindowUnderTest: ~Copyable {
    /// A publish and what its caller was told.
    struct Told: Equatable, CustomStringConvertible {
        let publish: UInt64
        let outcome: AMQPPublishOutcome

        var description: String { "\(publish): \(outcome)" }
    }

    var window: ConfirmWindow
    /// The shots stay referenced, so that their identities stay theirs.
    private var shots: [PublishConfirmation] = []
    private var numbers: [ObjectIdentifier: UInt64] = [:]

    private static let (exchange, routingKey) = ("e", "k")
    static let lost = AMQPError(.connectionLost, "the connection went away")
    static let late = AMQPError(.unknown, "no confirm came")

    init(capacity: Int) {
        window = ConfirmWindow(capacity: capacity)
    }

    mutating func send(_ count: Int = 1, messageID: String? = nil, mandatory: Bool = true) {
        for _ in 0..<count {
            let shot = PublishConfirmation()
            shots.append(shot)
            numbers[ObjectIdentifier(shot)] = window.nextSequence
            let identity = messageID.map {
                ConfirmWindow.Identity(messageID: $0, exchange: Self.exchange, routingKey: Self.routingKey)
            }
            window.sent(shot, identity, mandatory: mandatory)
        }
    }

    mutating func ack(_ tag: UInt64, multiple: Bool = false) throws(WireError) -> [Told] {
        var resolutions: [ConfirmWindow.Resolution] = []
        try window.answered(tag, multiple: multiple, acked: true, into: &resolutions)
        return told(resolutions)
    }

    mutating func nack(_ tag: UInt64, multiple: Bool = false) throws(WireError) -> [Told] {
        var resolutions: [ConfirmWindow.Resolution] = []
        try window.answered(tag, multiple: multiple, acked: false, into: &resolutions)
        return told(resolutions)
    }

    mutating func lose() -> [Told] {
        var resolutions: [ConfirmWindow.Resolution] = []
        window.lost(Self.lost, into: &resolutions)
        return told(resolutions)
    }

    mutating func expire(at seconds: Int, timeout: Int) -> [Told] {
        var resolutions: [ConfirmWindow.Resolution] = []
        window.expire(now: .seconds(seconds), timeout: .seconds(timeout), Self.late, into: &resolutions)
        return told(resolutions)
    }

    private func told(_ resolutions: [ConfirmWindow.Resolution]) -> [Told] {
        resolutions.map { Told(publish: numbers[ObjectIdentifier($0.confirmation)] ?? 0, outcome: $0.outcome) }
    }

    /// A returned message, as the broker gives it back.
    static func returned(messageID: String? = nil, stamp: AMQPValue? = nil) -> AMQPReturn {
        var properties = AMQPProperties(messageID: messageID)
        properties.headers[PublishEncoder.stampKey] = stamp
        return AMQPReturn(
            reply: AMQPReply(code: 312, text: "NO_ROUTE"),
            exchange: exchange,
            routingKey: routingKey,
            message: AMQPMessage(body: [], properties: properties)
        )
    }
}

extension WindowUnderTest.Told {
    static func acked(_ publish: UInt64, routed: Bool = true) -> Self {
        Self(publish: publish, outcome: .acked(routed: routed))
    }

    static func refused(_ publish: UInt64) -> Self { Self(publish: publish, outcome: .refused) }

    static func returned(_ publish: UInt64, _ message: AMQPReturn) -> Self {
        Self(publish: publish, outcome: .returned(message.withoutStamp))
    }

    static func lost(_ publish: UInt64) -> Self { Self(publish: publish, outcome: .unknown(WindowUnderTest.lost)) }

    static func late(_ publish: UInt64) -> Self { Self(publish: publish, outcome: .unknown(WindowUnderTest.late)) }
}

extension MonotonicTime {
    static func seconds(_ seconds: Int) -> MonotonicTime {
        MonotonicTime(nanoseconds: Int64(seconds) * 1_000_000_000)
    }
}
