import Testing

@testable import AMQP

@Suite("A subscription whose deliveries do not come again")
struct DeliveryModeTests {
    private let core: CoreUnderTest
    private let settler: DeliverySettler

    init() throws {
        core = try CoreUnderTest()
        settler = DeliverySettler(
            connection: core.connection,
            channel: core.add(prefetch: 1),
            position: SubscriptionPosition(),
            deliversAgain: false
        )
    }

    private static let consume = ClientMethod.basicConsume(
        queue: "q",
        consumerTag: "",
        exclusive: false,
        arguments: ["x-stream-offset": "first"]
    )

    private func offsets(_ steps: [ClientMethod]) -> [AMQPValue?] {
        steps.map { step in
            guard case .basicConsume(_, _, _, _, _, let arguments) = step else { return nil }
            return arguments["x-stream-offset"]
        }
    }

    private func contents(_ tag: UInt64, offset: Int64) -> DeliveryContents {
        let envelope = ContentMethod.Envelope(tag: tag, redelivered: false, exchange: "", routingKey: "q")
        let properties = AMQPProperties(headers: ["x-stream-offset": .int64(offset)])
        return DeliveryContents(
            IncomingMessage(envelope: envelope, message: AMQPMessage("x", properties: properties))
        )
    }

    @Test("on a stream goes on after what it was given, and keeps what nobody has taken yet")
    func stream() throws {
        var effects = Effects()
        var subscription = Subscription(prefetch: 10, mode: .stream, position: SubscriptionPosition())
        #expect(offsets(subscription.steps(of: [Self.consume])) == ["first"])
        for tag in 1...3 as ClosedRange<UInt64> {
            try subscription.delivered(contents(tag, offset: Int64(tag) + 40), settler: settler)
        }
        subscription.lost(into: &effects)
        #expect(offsets(subscription.steps(of: [Self.consume])) == [.int64(44)])
        var batch: [AMQPDelivery] = []
        subscription.take(upTo: .max, into: &batch)
        #expect(batch.map(\.streamOffset) == [41, 42, 43])
        subscription.giveBack(Array(batch.dropFirst()), into: &effects)
        try subscription.delivered(contents(1, offset: 44), settler: settler)
        batch = []
        subscription.take(upTo: .max, into: &batch)
        #expect(batch.map(\.streamOffset) == [42, 43, 44])
    }

    @Test("without acks settles by itself, and keeps what nobody has taken yet")
    func automatic() throws {
        var effects = Effects()
        var subscription = Subscription(prefetch: 10, mode: .automatic, position: SubscriptionPosition())
        for tag in 1...3 as ClosedRange<UInt64> {
            try subscription.delivered(contents(tag, offset: 0), settler: settler)
        }
        #expect(subscription.ledger.unsettled == 0)
        let isNew = subscription.ledger.ack(2)
        #expect(!isNew)
        subscription.lost(into: &effects)
        var batch: [AMQPDelivery] = []
        subscription.take(upTo: .max, into: &batch)
        #expect(batch.map(\.deliveryTag) == [1, 2, 3])
        #expect(batch.allSatisfy { !settler.comesAgain($0) })
    }

    @Test("hands out what came with the end of its channel")
    func atTheEnd() throws {
        var effects = Effects()
        var subscription = Subscription(prefetch: 10, mode: .automatic, position: SubscriptionPosition())
        let waiter = OneShot<Void>()
        subscription.wait(waiter)
        try subscription.delivered(contents(1, offset: 0), settler: settler)
        subscription.lost(into: &effects)
        effects.perform { _ in }
        #expect(waiter.current != nil)
    }

    @Test("Arguments are sent by their names, and an offset in the type that the broker wants")
    func arguments() {
        #expect(AMQPConsumerArguments().table.isEmpty)
        let arguments = AMQPConsumerArguments(priority: 5, streamOffset: .next, other: ["x": true])
        #expect(arguments.table == ["x-priority": 5, "x-stream-offset": "next", "x": true])
        let offsets: [AMQPStreamOffset] = [
            .first, .last, .offset(7), .timestamp(9), .interval(.seconds(90)), .interval(.seconds(-1)), .offset(.max),
        ]
        let values: [AMQPValue] = ["first", "last", 7, .timestamp(9), "90s", "0s", .int64(.max)]
        #expect(offsets.map(\.value) == values)
        let literal: AMQPConsumerArguments = ["x-priority": 5]
        #expect(literal.table == ["x-priority": 5])
    }
}
