import Testing

@testable import AMQP

@Suite("A subscription")
struct SubscriptionTests {
    private let settler: DeliverySettler

    init() throws {
        let connection = try CoreUnderTest().connection
        settler = DeliverySettler(
            connection: connection,
            channel: connection.add(
                ChannelMachine(purpose: "tester", recovers: true, backoff: connection.settings.backoff)
            ),
            position: SubscriptionPosition()
        )
    }

    private static func contents(_ tag: UInt64) -> DeliveryContents {
        let envelope = ContentMethod.Envelope(tag: tag, redelivered: false, exchange: "e", routingKey: "k")
        return DeliveryContents(IncomingMessage(envelope: envelope, message: AMQPMessage("x")))
    }

    private func subscription(_ prefetch: Int, delivered: UInt64 = 0) throws -> Subscription {
        var subscription = Subscription(prefetch: prefetch, position: SubscriptionPosition())
        for tag in 0..<delivered { try subscription.delivered(Self.contents(tag + 1), settler: settler) }
        return subscription
    }

    @Test("hands out everything at once, or up to a limit, in order")
    func take() throws {
        var subscription = try subscription(10, delivered: 5)
        var batch: [AMQPDelivery] = []
        subscription.take(upTo: 1, into: &batch)
        #expect(batch.map(\.deliveryTag) == [1])
        batch = []
        subscription.take(upTo: .max, into: &batch)
        #expect(batch.map(\.deliveryTag) == [2, 3, 4, 5])
        for tag in 6...8 as ClosedRange<UInt64> { try subscription.delivered(Self.contents(tag), settler: settler) }
        batch = []
        subscription.take(upTo: 2, into: &batch)
        #expect(batch.map(\.deliveryTag) == [6, 7])
        batch = []
        subscription.take(upTo: 1, into: &batch)
        #expect(batch.map(\.deliveryTag) == [8])
        batch = []
        subscription.take(upTo: .max, into: &batch)
        subscription.take(upTo: 1, into: &batch)
        #expect(batch.isEmpty)
    }

    @Test("refuses deliveries out of turn")
    func refuses() throws {
        var subscription = try subscription(2, delivered: 2)
        #expect(throws: WireError("delivery 4 on a channel out of turn")) {
            try subscription.delivered(Self.contents(4), settler: settler)
        }
    }

    @Test("takes a chunk of more than was asked for, and says when it is too much")
    func overfull() throws {
        var subscription = try subscription(2, delivered: 4100)
        #expect(subscription.isOverfull == false)
        try subscription.delivered(Self.contents(4101), settler: settler)
        #expect(subscription.isOverfull == true)
        var batch: [AMQPDelivery] = []
        subscription.take(upTo: .max, into: &batch)
        #expect(subscription.isOverfull == false)
        #expect(batch.count == 4101)
    }

    @Test("sends each ack by itself where coalescing is off")
    func eachAck() throws {
        var subscription = Subscription(prefetch: 9, coalescing: .none, position: SubscriptionPosition())
        for tag in 1...4 as ClosedRange<UInt64> {
            try subscription.delivered(Self.contents(tag), settler: settler)
        }
        for tag in [1, 2, 4] as [UInt64] { #expect(subscription.ledger.ack(tag) == true) }
        #expect(subscription.takeAcks() == [1, 2, 4].map { .ack(tag: $0, multiple: false) })
        #expect(subscription.takeAcks() == [])
    }

    @Test("knows how many more deliveries may come")
    func allowance() throws {
        var subscription = try subscription(4, delivered: 3)
        #expect(subscription.allowance == 1)
        #expect(subscription.mayGatherAcks == false)
        var batch: [AMQPDelivery] = []
        subscription.take(upTo: .max, into: &batch)
        #expect(subscription.allowance == 4)
        #expect(subscription.ledger.ack(1) == true)
        // An ack that the broker has not heard of makes no room.
        #expect(subscription.mayGatherAcks == false)
        _ = subscription.ledger.takeAcks()
        #expect(subscription.mayGatherAcks == true)
    }

    @Test("wakes who waits when there is something, and everyone at its end")
    func wakes() throws {
        var subscription = try subscription(4)
        var effects = Effects()
        let waiters = [OneShot<Void>(), OneShot<Void>()]
        for waiter in waiters { subscription.wait(waiter) }
        subscription.wakeIfFilled(into: &effects)
        #expect(effects.wakes.isEmpty)
        try subscription.delivered(Self.contents(1), settler: settler)
        subscription.wakeIfFilled(into: &effects)
        #expect(effects.wakes.count == 2)
        subscription.wakeIfFilled(into: &effects)
        #expect(effects.wakes.count == 2)
        subscription.wait(OneShot())
        subscription.wakeAll(into: &effects)
        #expect(effects.wakes.count == 3)
    }

    @Test("forgets who stopped waiting")
    func cancelledWaiters() throws {
        var subscription = try subscription(4)
        for _ in 0..<100 {
            let waiter = OneShot<Void>()
            subscription.wait(waiter)
            waiter.abandon(())
        }
        let last = OneShot<Void>()
        subscription.wait(last)
        var effects = Effects()
        subscription.wakeAll(into: &effects)
        #expect(effects.wakes.count == 1)
    }

    @Test("that lost its channel drops what nobody took, and counts deliveries anew")
    func lost() throws {
        var subscription = try subscription(4, delivered: 3)
        let old = subscription.position.current
        var effects = Effects()
        subscription.lost(into: &effects)
        var batch: [AMQPDelivery] = []
        subscription.take(upTo: .max, into: &batch)
        #expect(batch.isEmpty)
        try subscription.delivered(Self.contents(1), settler: settler)
        subscription.take(upTo: .max, into: &batch)
        #expect(batch.map(\.subscription) == [old + 1])
        #expect(subscription.ledger.unsettled == 1)
    }
}
