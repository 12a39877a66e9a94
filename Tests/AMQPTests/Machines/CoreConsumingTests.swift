import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("Consuming through a connection's core")
final class CoreConsumingTests {
    private let core: CoreUnderTest

    init() throws {
        core = try CoreUnderTest()
    }

    deinit {
        core.end()
    }

    private static func take(_ core: CoreUnderTest, _ id: SlotID) -> [AMQPDelivery] {
        core.connection.perform { core, _ in
            var batch: [AMQPDelivery] = []
            _ = core.takeDeliveries(id, upTo: .max, into: &batch, orWake: OneShot())
            return batch
        }
    }

    /// - Returns: why nothing will come any more.
    private static func wait(_ core: CoreUnderTest, _ id: SlotID, _ waiter: OneShot<Void>) -> AMQPError? {
        core.connection.perform { core, _ in
            var batch: [AMQPDelivery] = []
            return core.takeDeliveries(id, upTo: .max, into: &batch, orWake: waiter)
        }
    }

    /// A consumer with so many deliveries, taken by the application.
    static func consumer(
        _ core: CoreUnderTest,
        _ count: UInt64
    ) throws -> (id: SlotID, deliveries: [AMQPDelivery]) {
        core.connect()
        let id = try core.open(prefetch: 100)
        for tag in 0..<count { try core.receive(.delivered(1, CoreChannelTests.delivery(tag + 1))) }
        _ = try core.sent()
        return (id, take(core, id))
    }

    @Test("hands out deliveries in order, and wakes who waits for them")
    func deliveries() throws {
        core.connect()
        let id = try core.open(prefetch: 10)
        let waiter = OneShot<Void>()
        #expect(Self.wait(core, id, waiter) == nil)
        try core.receive(.delivered(1, CoreChannelTests.delivery(1)), .delivered(1, CoreChannelTests.delivery(2)))
        #expect(waiter.current != nil)
        #expect(Self.take(core, id).map(\.deliveryTag) == [1, 2])
    }

    @Test("looks after a batch only at the channels that it was about, and wakes their iterators once")
    func touched() throws {
        core.connect(Tuning(channelMax: 100, frameMax: 4096, heartbeat: 0))
        let ids = try (0..<100).map { _ in try core.open(prefetch: 10) }
        let waiters = ids.map { _ in OneShot<Void>() }
        for (id, waiter) in zip(ids, waiters) { #expect(Self.wait(core, id, waiter) == nil) }
        try core.receive(
            .delivered(7, CoreChannelTests.delivery(1)),
            .delivered(3, CoreChannelTests.delivery(1)),
            .delivered(7, CoreChannelTests.delivery(2))
        )
        #expect(core.connection.core.withLock { $0.touched } == [ids[6], ids[2]])
        #expect(waiters.indices.filter { waiters[$0].current != nil } == [2, 6])
        // A batch that breaks the protocol leaves nothing behind for the next connection.
        #expect(throws: WireError.self) {
            try core.receive(.delivered(5, CoreChannelTests.delivery(1)), .delivered(5, CoreChannelTests.delivery(9)))
        }
        core.disconnect()
        core.connect(Tuning(channelMax: 100, frameMax: 4096, heartbeat: 0))
        for id in ids { try core.agree(id) }
        try core.receive(.delivered(5, CoreChannelTests.delivery(1)))
        #expect(core.connection.core.withLock { $0.touched } == [ids[4]])
        #expect(waiters[4].current != nil)
    }

    @Test("gathers acks, and sends them with as few frames as possible")
    func acks() throws {
        let (_, deliveries) = try Self.consumer(core, 5)
        for index in [1, 0, 3] { #expect(try deliveries[index].ack() == .sent) }
        #expect(
            try core.sent()
                == [ClientMethod.basicAck(tag: 2, multiple: true), .basicAck(tag: 4, multiple: false)].frames(on: 1)
        )
        #expect(try deliveries[4].ack(multiple: true) == .sent)
        #expect(try core.sent() == [ClientMethod.basicAck(tag: 5, multiple: true).frame(on: 1)])
        #expect(try core.sent() == [])
    }

    @Test("gathers acks up to the count and the time that are asked for, once the thread looks for them by itself")
    func bounds() throws {
        core.connect()
        let id = core.add(prefetch: 100, coalescing: .upTo(3, within: .milliseconds(20)))
        _ = try core.sent()
        try core.agree(id)
        for tag in 1...8 as ClosedRange<UInt64> { try core.receive(.delivered(1, CoreChannelTests.delivery(tag))) }
        let deliveries = Self.take(core, id)
        func rest() { core.sleep() }
        rest()
        for delivery in deliveries.prefix(2) { try delivery.ack() }
        #expect(try core.sent() == [])
        core.pass(.milliseconds(19))
        #expect(try core.sent() == [])
        core.pass(.milliseconds(1))
        #expect(try core.sent() == [ClientMethod.basicAck(tag: 2, multiple: true).frame(on: 1)])
        rest()
        for delivery in deliveries[2..<5] { try delivery.ack() }
        #expect(try core.sent() == [ClientMethod.basicAck(tag: 5, multiple: true).frame(on: 1)])
    }

    @Test("sleeps until gathered acks are due, and wakes for one that is due before")
    func sleep() throws {
        core.connect()
        let patient = core.add(prefetch: 100, coalescing: .upTo(50, within: .seconds(5)))
        let hasty = core.add(prefetch: 100, coalescing: .upTo(50, within: .milliseconds(2)))
        _ = try core.sent()
        for (number, id) in zip([1, 2] as [UInt16], [patient, hasty]) {
            try core.agree(id)
            for tag in 1...9 as ClosedRange<UInt64> {
                try core.receive(.delivered(number, CoreChannelTests.delivery(tag)))
            }
        }
        let (slow, fast) = (Self.take(core, patient), Self.take(core, hasty))
        let start = core.clock.now
        #expect(core.sleep() == .brief(until: start.advanced(by: .milliseconds(1))))
        for delivery in slow.prefix(5) { try delivery.ack() }
        #expect(core.isAwake == false)
        #expect(core.sleep() == .brief(until: start.advanced(by: .seconds(5))))
        try fast[0].ack()
        #expect(core.isAwake == true)
        #expect(try core.sent() == [])
        #expect(core.sleep() == .brief(until: start.advanced(by: .milliseconds(2))))
        try fast[1].ack()
        #expect(core.isAwake == false)
    }

    @Test("sends what is not an ack at once, with acks that it would take along before it")
    func nacks() throws {
        let (_, deliveries) = try Self.consumer(core, 6)
        _ = try deliveries[0].ack()
        _ = try deliveries[2].reject()
        _ = try deliveries[3].nack(requeue: false)
        _ = try deliveries[5].ack()
        _ = try deliveries[4].nack(requeue: true, multiple: true)
        #expect(
            try core.sent()
                == [
                    ClientMethod.basicReject(tag: 3, requeue: false),
                    .basicNack(tag: 4, multiple: false, requeue: false),
                    .basicAck(tag: 1, multiple: false), .basicAck(tag: 6, multiple: false),
                    .basicNack(tag: 5, multiple: true, requeue: true),
                ].frames(on: 1)
        )
    }

    @Test("refuses to settle a delivery twice")
    func twice() throws {
        let (_, deliveries) = try Self.consumer(core, 2)
        _ = try deliveries[0].ack()
        _ = try deliveries[1].release()
        for delivery in deliveries {
            let error = AMQPError(.alreadySettled, "delivery \(delivery.deliveryTag) was settled before")
            #expect(throws: error) { try delivery.ack() }
            #expect(throws: error) { try delivery.ack(multiple: true) }
            #expect(throws: error) { try delivery.reject() }
            #expect(throws: error) { try delivery.nack(multiple: true) }
        }
    }

    @Test("sends nothing for a delivery from before a reconnect, whose number means another one now")
    func stale() throws {
        let (id, deliveries) = try Self.consumer(core, 2)
        _ = try deliveries[0].ack()
        core.disconnect()
        core.connect()
        _ = try core.sent()
        try core.agree(id)
        try core.receive(.delivered(1, CoreChannelTests.delivery(1)), .delivered(1, CoreChannelTests.delivery(2)))
        #expect(try deliveries[1].ack() == .staleDelivery)
        #expect(try deliveries[0].reject() == .staleDelivery)
        #expect(try core.sent() == [])
        let fresh = Self.take(core, id)
        #expect(try fresh[1].ack() == .sent)
        #expect(try core.sent() == [ClientMethod.basicAck(tag: 2, multiple: false).frame(on: 1)])
    }

    @Test("subscribes anew when the broker ends the subscription, after it has heard of the acks so far")
    func cancelled() throws {
        let (id, deliveries) = try Self.consumer(core, 3)
        _ = try deliveries[0].ack()
        _ = try deliveries[1].ack()
        try core.receive(.method(1, .basicCancel(consumerTag: "t")))
        let goodbye = ClientMethod.channelClose(CloseReason(reply: .goodbye, classID: 0, methodID: 0))
        let expected =
            try [ClientMethod.basicAck(tag: 2, multiple: true), goodbye].frames(on: 1)
            + [ClientMethod.channelOpen, .basicQos(prefetch: 100)].frames(on: 2)
        #expect(try core.sent() == expected)
        #expect(try deliveries[2].ack() == .staleDelivery)
        try core.agree(id)
    }

    @Test("stops: asks the broker to send no more, hands out no more, and still settles what it has handed out")
    func stopped() throws {
        let consume = ClientMethod.basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: [:])
        core.connect()
        let id = core.add(prefetch: 10, setup: [.basicQos(prefetch: 10), consume])
        _ = try core.sent()
        try core.agree(id)
        try core.receive(.delivered(1, CoreChannelTests.delivery(1)))
        let taken = Self.take(core, id)
        let waiter = OneShot<Void>()
        #expect(Self.wait(core, id, waiter) == nil)
        core.connection.perform { core, effects in core.stopDeliveries(id, into: &effects) }
        #expect(waiter.current != nil)
        // The tag that the broker of these tests gives.
        #expect(try core.sent() == [ClientMethod.basicCancel(consumerTag: "ctag").frame(on: 1)])
        // What was on its way stays unsettled, and goes back with the channel.
        try core.receive(.delivered(1, CoreChannelTests.delivery(2)), .method(1, .reply(.basicCancelOK)))
        #expect(Self.wait(core, id, OneShot())?.code == .closed)
        #expect(try taken.first?.ack() == .sent)
        #expect(try core.sent() == [ClientMethod.basicAck(tag: 1, multiple: false).frame(on: 1)])
        core.connection.perform { core, effects in core.stopDeliveries(id, into: &effects) }
        #expect(try core.sent() == [])
    }

    @Test("stops while there is no connection")
    func stoppedWhileAway() throws {
        let id = core.add(prefetch: 10)
        core.connect()
        try core.agree(id)
        core.disconnect()
        #expect(Self.wait(core, id, OneShot()) == nil)
        core.connection.perform { core, effects in core.stopDeliveries(id, into: &effects) }
        #expect(Self.wait(core, id, OneShot())?.code == .closed)
    }

    @Test("ends with the reason of its end")
    func ended() throws {
        let (id, _) = try Self.consumer(core, 0)
        let waiter = OneShot<Void>()
        #expect(Self.wait(core, id, waiter) == nil)
        let end = AMQPError(.closed, "the client was closed")
        core.connection.perform { core, effects in core.ended(end, into: &effects) }
        #expect(waiter.current != nil)
        #expect(Self.wait(core, id, waiter) == end)
    }
}
