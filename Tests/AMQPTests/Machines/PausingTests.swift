import Testing

@testable import AMQP

@Suite("A consumer that is paused")
struct PausingTests {
    private static let consume = ClientMethod.basicConsume(
        queue: "q",
        consumerTag: "",
        exclusive: false,
        arguments: [:]
    )
    private static let setup: [ClientMethod] = [.basicQos(prefetch: 10), consume]
    // The tag that the broker of these tests gives.
    private static let cancel = ClientMethod.basicCancel(consumerTag: "ctag")

    private let core: CoreUnderTest
    private let id: SlotID

    init() throws {
        core = try CoreUnderTest()
        id = core.add(prefetch: 10, setup: Self.setup)
    }

    private func setPaused(_ isPaused: Bool) throws -> OneShot<CallQueue.Answer>? {
        let shot = OneShot<CallQueue.Answer>()
        let asked = core.connection.perform { core, _ in core.setPaused(isPaused, id, shot) }
        return try asked.get() ? shot : nil
    }

    private func open() throws {
        core.connect()
        _ = try core.sent()
        try core.agree(id)
    }

    @Test("is cancelled after the acks that wait, so that the broker has heard of them when it agrees")
    func acksFirst() throws {
        try open()
        try core.receive(.delivered(1, CoreChannelTests.delivery(1)))
        #expect(try take().first?.ack() == .sent)
        _ = try #require(try setPaused(true))
        let ack = ClientMethod.basicAck(tag: 1, multiple: false)
        #expect(try core.sent() == [ack.frame(on: 1), Self.cancel.frame(on: 1)])
    }

    @Test("is cancelled at the broker, still settles, and consumes again")
    func pauses() throws {
        try open()
        try core.receive(.delivered(1, CoreChannelTests.delivery(1)))
        let taken = take()
        let paused = try #require(try setPaused(true))
        #expect(try core.sent() == [Self.cancel.frame(on: 1)])
        try core.receive(.method(1, .reply(.basicCancelOK)))
        #expect(paused.current == .success(.basicCancelOK))
        #expect(try setPaused(true) == nil)
        #expect(try taken.first?.ack() == .sent)
        #expect(try core.sent() == [ClientMethod.basicAck(tag: 1, multiple: false).frame(on: 1)])
        let resumed = try #require(try setPaused(false))
        #expect(try core.sent() == Self.setup.frames(on: 1))
        try core.receive(
            .method(1, .reply(.basicQosOK)),
            .method(1, .reply(.basicConsumeOK(consumerTag: "again")))
        )
        #expect(resumed.current == .success(.basicConsumeOK(consumerTag: "again")))
        try core.receive(.delivered(1, CoreChannelTests.delivery(2)))
        #expect(take().map(\.deliveryTag) == [2])
        #expect(try setPaused(false) == nil)
    }

    @Test("has no tag, and no private queue, until it consumes again")
    func names() throws {
        let queue = AMQPQueue("", .classic, durable: false, exclusive: true, autoDelete: true)
        let consume = ClientMethod.basicConsume(queue: "", consumerTag: "", exclusive: false, arguments: [:])
        let id = core.connection.add(
            ChannelMachine(
                purpose: "tester",
                recovers: true,
                setup: [.queueDeclare(queue, passive: false), consume],
                subscription: Subscription(prefetch: 10, position: SubscriptionPosition()),
                backoff: core.connection.settings.backoff
            )
        )
        let deliveries = AMQPDeliveries(connection: core.connection, channel: id)
        #expect(deliveries.queueName == nil && deliveries.consumerTag == nil)
        core.connect()
        let number = try #require(core.number(id))
        func answer(_ name: String, _ tag: String) throws {
            let status = AMQPQueueStatus(name: name, messageCount: 0, consumerCount: 0)
            try core.receive(
                .method(number, .reply(.queueDeclareOK(status))),
                .method(number, .reply(.basicConsumeOK(consumerTag: tag)))
            )
        }
        try core.receive(.method(number, .channelOpenOK))
        try answer("first", "one")
        #expect(deliveries.queueName == "first" && deliveries.consumerTag == "one")
        _ = core.connection.perform { core, _ in core.setPaused(true, id, OneShot()) }
        #expect(deliveries.queueName == nil && deliveries.consumerTag == nil)
        try core.receive(.method(number, .reply(.basicCancelOK)))
        _ = core.connection.perform { core, _ in core.setPaused(false, id, OneShot()) }
        try answer("second", "two")
        #expect(deliveries.queueName == "second" && deliveries.consumerTag == "two")
        core.disconnect()
        #expect(deliveries.queueName == nil && deliveries.consumerTag == nil)
        core.end()
        #expect(deliveries.queueName == nil)
    }

    @Test("makes no private queue while it is paused or stopped: nothing would take it away", arguments: [true, false])
    func noQueue(stops: Bool) throws {
        let (id, setup) = try addPrivate()
        core.connect()
        try agreePrivate(id)
        if stops {
            core.connection.perform { core, effects in core.stopDeliveries(id, into: &effects) }
        } else {
            _ = core.connection.perform { core, _ in core.setPaused(true, id, OneShot()) }
        }
        core.disconnect()
        _ = try core.sent()
        core.connect()
        let number = try #require(core.number(id))
        let sent = try core.sent().filter { $0.channel == number }
        #expect(try sent == [ClientMethod.channelOpen, .basicQos(prefetch: 10)].frames(on: number))
        try core.receive(.method(number, .channelOpenOK), .method(number, .reply(.basicQosOK)))
        guard !stops else { return }
        _ = core.connection.perform { core, _ in core.setPaused(false, id, OneShot()) }
        #expect(try core.sent() == setup.frames(on: number))
    }

    @Test("deletes the private queue that it could not bind to everything, before it makes another")
    func leftQueue() throws {
        let (id, setup) = try addPrivate()
        core.connect()
        try agreePrivate(id)
        _ = try core.sent()
        let reply = AMQPReply(code: 404, text: "NOT_FOUND - no exchange 'e'")
        let gone = CloseReason(reply: reply, classID: 50, methodID: 20)
        let ended = try #require(core.number(id))
        try core.receive(.method(ended, .channelClose(gone)))
        // The first queue went with its consumer.
        #expect(try core.sent().suffix(5) == ([.channelOpen] + setup).frames(on: ended))
        let status = AMQPQueueStatus(name: "left", messageCount: 0, consumerCount: 0)
        try core.receive(.method(ended, .channelOpenOK), .method(ended, .reply(.queueDeclareOK(status))))
        try core.receive(.method(ended, .channelClose(gone)))
        core.pass(.seconds(20))
        let delete = ClientMethod.queueDelete(name: "left", ifUnused: false, ifEmpty: false)
        #expect(try core.sent().suffix(6) == ([.channelOpen, delete] + setup).frames(on: ended))
        // On another connection it may be locked by the old one still, which takes it along.
        try core.receive(
            .method(ended, .channelOpenOK),
            .method(ended, .reply(.queueDeleteOK(messageCount: 0))),
            .method(ended, .reply(.queueDeclareOK(status)))
        )
        core.disconnect()
        core.connect()
        #expect(try core.sent().suffix(5) == ([.channelOpen] + setup).frames(on: ended))
    }

    private func addPrivate() throws -> (SlotID, [ClientMethod]) {
        let source = AMQPConsumerSource.privateQueue([.init(exchange: "e", routingKey: "k")])
        let consume = ClientMethod.basicConsume(queue: "", consumerTag: "", exclusive: false, arguments: [:])
        let setup = source.setup + [.basicQos(prefetch: 10), consume]
        let id = core.connection.add(
            ChannelMachine(
                purpose: "tester",
                recovers: true,
                setup: setup,
                subscription: Subscription(prefetch: 10, position: SubscriptionPosition()),
                backoff: core.connection.settings.backoff
            )
        )
        return (id, setup)
    }

    private func agreePrivate(_ id: SlotID) throws {
        _ = try core.sent()
        try core.agree(id)
    }

    @Test("before it is open consumes nothing, and begins when it is resumed")
    func beforeOpen() throws {
        #expect(try setPaused(true) == nil)
        core.connect()
        #expect(try core.sent() == [ClientMethod.channelOpen, .basicQos(prefetch: 10)].frames(on: 1))
        try core.receive(.method(1, .channelOpenOK), .method(1, .reply(.basicQosOK)))
        #expect(core.connection.isOpen(id))
        #expect(try setPaused(false) != nil)
        #expect(try core.sent() == Self.setup.frames(on: 1))
    }

    @Test("while it opens is cancelled as soon as its tag is known; resumed before that, it goes on")
    func whileOpening() throws {
        core.connect()
        _ = try core.sent()
        try core.receive(.method(1, .channelOpenOK), .method(1, .reply(.basicQosOK)))
        #expect(try setPaused(true) == nil)
        #expect(try setPaused(false) == nil)
        #expect(try setPaused(true) == nil)
        #expect(try core.sent() == [])
        try core.receive(.method(1, .reply(.basicConsumeOK(consumerTag: "ctag"))))
        #expect(try core.sent() == [Self.cancel.frame(on: 1)])
    }

    @Test("stays paused over a reconnect")
    func reconnect() throws {
        try open()
        _ = try setPaused(true)
        _ = try core.sent()
        core.disconnect()
        core.connect()
        #expect(try core.sent() == [ClientMethod.channelOpen, .basicQos(prefetch: 10)].frames(on: 1))
        try core.receive(.method(1, .channelOpenOK), .method(1, .reply(.basicQosOK)))
        #expect(try setPaused(false) != nil)
        #expect(try core.sent() == Self.setup.frames(on: 1))
    }

    @Test("and resumed while there is no connection consumes when there is one")
    func resumedWhileAway() throws {
        try open()
        _ = try setPaused(true)
        _ = try core.sent()
        core.disconnect()
        #expect(try setPaused(false) == nil)
        core.connect()
        #expect(try core.sent() == ([.channelOpen] + Self.setup).frames(on: 1))
    }

    @Test("tells why it cannot be resumed, and tries again")
    func refused() throws {
        try open()
        _ = try setPaused(true)
        try core.receive(.method(1, .reply(.basicCancelOK)))
        let resumed = try #require(try setPaused(false))
        _ = try core.sent()
        let gone = CloseReason(reply: AMQPReply(code: 404, text: "NOT_FOUND - no queue 'q'"), classID: 0, methodID: 0)
        try core.receive(.method(1, .channelClose(gone)))
        guard case .failure(let error)? = resumed.current else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .channelClosed || error.code == .notFound)
        #expect(try core.sent().count == 4)
    }

    @Test("and has ended says so")
    func ended() throws {
        core.end()
        #expect(throws: AMQPError.self) { try setPaused(true) }
    }

    private func take() -> [AMQPDelivery] {
        var taken: [AMQPDelivery] = []
        _ = core.connection.perform { core, _ in
            core.takeDeliveries(id, upTo: .max, into: &taken, orWake: OneShot())
        }
        return taken
    }
}
