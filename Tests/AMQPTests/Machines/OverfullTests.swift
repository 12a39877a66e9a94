import Testing
import WarrenRuntime

@testable import AMQP

@Suite("A consumer without acks whose broker is faster than the application")
final class OverfullTests {
    private static let consume = ClientMethod.basicConsume(
        queue: "q",
        consumerTag: "",
        noAck: true,
        exclusive: false,
        arguments: [:]
    )
    private static let setup: [ClientMethod] = [.basicQos(prefetch: 10), consume]
    // The tag that the broker of these tests gives.
    private static let cancel = ClientMethod.basicCancel(consumerTag: "ctag")
    /// As many as may wait before it is too much.
    private static let most = 2 * 10 + 4096

    private let core: CoreUnderTest
    private var delivered: UInt64 = 0

    init() throws {
        core = try CoreUnderTest()
        core.connect()
    }

    deinit {
        core.end()
    }

    private func open(yields: Bool) throws -> SlotID {
        let id = core.connection.add(
            ChannelMachine(
                purpose: "tester",
                recovers: true,
                setup: Self.setup,
                subscription: Subscription(
                    prefetch: 10,
                    mode: .automatic,
                    yields: yields,
                    position: SubscriptionPosition()
                ),
                backoff: core.connection.settings.backoff
            )
        )
        _ = try core.sent()
        try core.agree(id)
        return id
    }

    private func deliver(_ count: Int, bytes: Int = 1) throws {
        let message = AMQPMessage(body: [UInt8](repeating: 1, count: bytes))
        _ = try core.receive(
            (0..<count).map { _ in
                delivered += 1
                let envelope = ContentMethod.Envelope(
                    tag: delivered,
                    redelivered: false,
                    exchange: "e",
                    routingKey: "k"
                )
                return .delivered(1, DeliveryContents(IncomingMessage(envelope: envelope, message: message)))
            }
        )
    }

    private func take(_ id: SlotID, upTo limit: Int = .max) -> Int {
        core.connection.perform { core, _ in
            var batch: [AMQPDelivery] = []
            _ = core.takeDeliveries(id, upTo: limit, into: &batch, orWake: OneShot())
            return batch.count
        }
    }

    private var isOverfull: Bool { core.connection.core.withLock { $0.isOverfull } }

    @Test("ends its subscription, is read all the same, and subscribes again when it has caught up")
    func yields() throws {
        let id = try open(yields: true)
        try deliver(Self.most)
        #expect(try core.sent() == [])
        try deliver(1)
        #expect(try core.sent() == [Self.cancel.frame(on: 1)])
        // What was under way.
        try deliver(5000)
        #expect(!isOverfull)
        try core.receive(.method(1, .reply(.basicCancelOK)))
        #expect(take(id, upTo: Self.most + 5001 - 11) == Self.most + 5001 - 11)
        #expect(try core.sent() == [])
        #expect(take(id, upTo: 1) == 1)
        #expect(try core.sent() == Self.setup.frames(on: 1))
        try core.receive(
            .method(1, .reply(.basicQosOK)),
            .method(1, .reply(.basicConsumeOK(consumerTag: "again")))
        )
        try deliver(1)
        #expect(take(id) == 11)
        #expect(try core.sent() == [])
    }

    @Test("and does not stop sending is not read any more")
    func deaf() throws {
        let id = try open(yields: true)
        try deliver(Self.most + 1)
        try deliver(64, bytes: 1 << 20)
        #expect(!isOverfull)
        try deliver(1)
        #expect(isOverfull)
        #expect(take(id) == Self.most + 66)
        #expect(!isOverfull)
    }

    @Test("on a connection that is lost meanwhile consumes on the next one only when it has caught up")
    func lost() throws {
        let id = try open(yields: true)
        try deliver(Self.most + 1)
        core.disconnect()
        core.connect()
        #expect(try core.sent() == [ClientMethod.channelOpen, .basicQos(prefetch: 10)].frames(on: 1))
        try core.receive(.method(1, .channelOpenOK), .method(1, .reply(.basicQosOK)))
        #expect(take(id) == Self.most + 1)
        #expect(try core.sent() == Self.setup.frames(on: 1))
    }

    @Test("paused meanwhile stays so when it has caught up")
    func paused() throws {
        let id = try open(yields: true)
        try deliver(Self.most + 1)
        _ = try core.sent()
        let isAsked = core.connection.perform { core, _ in core.setPaused(true, id, OneShot()) }
        #expect(try isAsked.get() == false)
        #expect(take(id) == Self.most + 1)
        #expect(try core.sent() == [])
        let goesOn = core.connection.perform { core, _ in core.setPaused(false, id, OneShot()) }
        #expect(try goesOn.get() == true)
        #expect(try core.sent() == Self.setup.frames(on: 1))
    }

    @Test("and may not leave its queue is not read until it has caught up, or ends: then the thread is told")
    func stays() async throws {
        let id = try open(yields: false)
        try deliver(Self.most + 1)
        #expect(isOverfull)
        #expect(try core.sent() == [])
        #expect(take(id, upTo: 1) == 1)
        #expect(!isOverfull)
        try deliver(1)
        core.connection.core.withLock { core in
            core.wantsAttention = false
            core.isAsleep = true
        }
        core.connection.perform { core, effects in core.stopDeliveries(id, into: &effects) }
        #expect(!isOverfull)
        #expect(core.connection.core.withLock { !$0.isAsleep })
        // What comes now nobody takes.
        try deliver(2 * Self.most)
        #expect(!isOverfull)
    }

    @Test("and whose channel is gone holds up nobody, and hands out what it has")
    func gone() throws {
        let id = try open(yields: false)
        try deliver(Self.most + 1)
        core.disconnect()
        core.connect()
        #expect(!isOverfull)
        #expect(take(id) == Self.most + 1)
    }
}
