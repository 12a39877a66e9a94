import Testing

@testable import AMQP

@Suite("The arguments of a queue")
struct AMQPQueueArgumentsTests {
    private static func declared(_ arguments: AMQPQueueArguments, _ kind: AMQPQueue.Kind = .classic) -> AMQPTable {
        AMQPQueue("q", kind, arguments: arguments).declaredArguments
    }

    @Test("are none where nothing is set, and for a classic queue not even its type")
    func none() {
        #expect(Self.declared(AMQPQueueArguments()) == [:])
        #expect(Self.declared(AMQPQueueArguments(), .quorum) == ["x-queue-type": "quorum"])
        #expect(Self.declared(AMQPQueueArguments(), .stream) == ["x-queue-type": "stream"])
    }

    @Test("go by the broker's names and in its units")
    func names() {
        let arguments = AMQPQueueArguments(
            messageTTL: .seconds(90),
            expires: .milliseconds(1500),
            maxLength: 10,
            maxLengthBytes: 20,
            overflow: .rejectPublish,
            deadLetterExchange: "",
            deadLetterRoutingKey: "q.dead",
            deadLetterStrategy: .atLeastOnce,
            deliveryLimit: 1_000_000,
            singleActiveConsumer: true,
            maxPriority: 9,
            leaderLocator: .balanced,
            other: ["x-mine": "m"]
        )
        #expect(
            Self.declared(arguments) == [
                "x-message-ttl": 90_000, "x-expires": 1500, "x-max-length": 10, "x-max-length-bytes": 20,
                "x-overflow": "reject-publish", "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "q.dead",
                "x-dead-letter-strategy": "at-least-once", "x-delivery-limit": 1_000_000,
                "x-single-active-consumer": true, "x-max-priority": 9, "x-queue-leader-locator": "balanced",
                "x-mine": "m",
            ]
        )
    }

    @Test("spell every choice as the broker does")
    func choices() {
        #expect(AMQPQueueArguments.Overflow.dropHead.rawValue == "drop-head")
        #expect(AMQPQueueArguments.Overflow.rejectPublishDeadLetter.rawValue == "reject-publish-dlx")
        #expect(AMQPQueueArguments.DeadLetterStrategy.atMostOnce.rawValue == "at-most-once")
        #expect(AMQPQueueArguments.LeaderLocator.clientLocal.rawValue == "client-local")
    }

    @Test("have whole milliseconds of any duration, and no duration traps")
    func durations() {
        let durations: [(Duration, Int64)] = [
            (.zero, 0), (.milliseconds(1), 1), (.microseconds(1999), 2), (.nanoseconds(1), 1), (.milliseconds(-5), -5),
            (.seconds(Int64.max), .max), (.seconds(Int64.max) + .milliseconds(999), .max),
            (.seconds(Int64.max) * 2, .max), (.seconds(Int64.min) * 2, .min),
        ]
        for (duration, milliseconds) in durations {
            #expect(Self.declared(AMQPQueueArguments(messageTTL: duration)) == ["x-message-ttl": .int64(milliseconds)])
        }
    }

    @Test("named otherwise replace those by meaning, and stand once")
    func override() {
        let arguments = AMQPQueueArguments(maxLength: 10, other: ["x-max-length": 20, "x-queue-type": "classic"])
        #expect(Self.declared(arguments, .quorum) == ["x-queue-type": "classic", "x-max-length": 20])
    }
}
