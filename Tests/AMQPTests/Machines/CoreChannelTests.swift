import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("Channels of a connection's core")
struct CoreChannelTests {
    private typealias Shot = OneShot<Result<Void, AMQPError>>
    private static let goodbye = ClientMethod.channelClose(CloseReason(reply: .goodbye, classID: 0, methodID: 0))

    @Test("open in one go as soon as there is a connection, each with a number of its own")
    func opening() throws {
        let core = try CoreUnderTest()
        let first = core.add(window: 10)
        core.connect()
        let second = core.add(prefetch: 7)
        let expected =
            try [ClientMethod.channelOpen, .confirmSelect].frames(on: 1)
            + [ClientMethod.channelOpen, .basicQos(prefetch: 7)].frames(on: 2)
        #expect(try core.sent() == expected)
        try core.agree(first)
        try core.agree(second)
        #expect(core.state(first) == .open(1) && core.state(second) == .open(2))
        core.end()
    }

    @Test("open early where they are needed to make the connection ready, the others only then")
    func ready() throws {
        let core = try CoreUnderTest()
        let id = core.add()
        core.connect(ready: false)
        let early = core.add(early: true)
        #expect(try core.sent() == [ClientMethod.channelOpen.frame(on: 1)])
        #expect(core.state(early) == .opening(1) && core.state(id) == .detached)
        let epoch = core.connection.core.withLock { $0.epoch }
        core.connection.perform { core, effects in core.becameReady(epoch: epoch - 1, into: &effects) }
        #expect(core.state(id) == .detached)
        core.connection.perform { core, effects in core.becameReady(epoch: epoch, into: &effects) }
        #expect(core.state(id) == .opening(2))
    }

    @Test("use a number again only when the broker has agreed that it is free")
    func numbers() async throws {
        let core = try CoreUnderTest { $0.closeTimeout = .seconds(5) }
        core.connect()
        let ids = try (0..<5).map { _ in try core.open(recovers: false) }
        let opened = Shot()
        _ = core.add(recovers: false, opened: opened)
        #expect(throws: AMQPError(.notSupported, "all 5 channels of the connection are in use")) {
            try opened.current?.get()
        }
        async let removed: Void = core.connection.remove(ids[2])
        try await eventually { core.state(ids[2]) == .closing(3) }
        #expect(try core.sent() == [Self.goodbye.frame(on: 3)])
        // Whatever comes before the answer is old.
        try core.receive(.confirmed(3, tag: 77, multiple: false, acked: true), .method(3, .channelFlow(active: false)))
        #expect(try core.sent() == [])
        try core.receive(.method(3, .channelCloseOK))
        await removed
        #expect(core.state(ids[2]) == nil)
        let again = try core.open(recovers: false)
        #expect(core.state(again) == .open(3))
    }

    @Test("keep a number whose closing the broker does not answer, until it does")
    func orphans() async throws {
        let core = try CoreUnderTest { $0.closeTimeout = .seconds(5) }
        core.connect()
        let id = try core.open(recovers: false)
        async let removed: Void = core.connection.remove(id)
        try await eventually { core.clock.sleeperCount == 1 }
        core.clock.advance(by: .seconds(5))
        await removed
        #expect(core.state(try core.open(recovers: false)) == .open(2))
        // Both sides closing at once is no error, and the number stays taken until ours is answered.
        _ = try core.sent()
        try core.receive(.confirmed(1, tag: 1, multiple: false, acked: true), .delivered(1, Self.delivery(1)))
        try core.receive(.method(1, .channelClose(ServerMethodTests.reason)))
        #expect(try core.sent() == [ClientMethod.channelCloseOK.frame(on: 1)])
        #expect(core.state(try core.open(recovers: false)) == .open(3))
        try core.receive(.method(1, .channelCloseOK))
        #expect(core.state(try core.open(recovers: false)) == .open(1))
    }

    @Test("that the broker closes are answered, and opened again if they recover")
    func closedByBroker() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        let call = OneShot<CallQueue.Answer>()
        let other = OneShot<CallQueue.Answer>()
        core.connection.perform { core, _ in
            for shot in [call, other] { try? core.call(.basicGet(queue: "q"), on: id, shot) }
        }
        _ = try core.sent()
        try core.receive(.method(1, .channelClose(ServerMethodTests.reason)))
        let expected = try [ClientMethod.channelCloseOK, .channelOpen, .confirmSelect].frames(on: 1)
        #expect(try core.sent() == expected)
        let message = "the broker closed the channel of the tester: 404 NOT_FOUND"
        let reply = ServerMethodTests.reason.reply
        #expect(call.current == .failure(AMQPError(.notFound, message, reply: reply)))
        #expect(other.current == .failure(AMQPError(.channelClosed, message)))
        try core.agree(id)
    }

    @Test("tell the broker's reasons apart")
    func reasons() {
        let codes: [(UInt16, AMQPError.Code)] = [
            (403, .accessRefused), (404, .notFound), (405, .resourceLocked), (406, .preconditionFailed),
            (540, .notSupported), (320, .channelClosed), (541, .channelClosed),
        ]
        for (code, expected) in codes {
            let reply = AMQPReply(code: code, text: "X")
            let error = CloseReason(reply: reply, classID: 0, methodID: 0).error("tester")
            #expect(error.code == expected && error.reply == reply)
        }
    }

    @Test("answer flow control, which RabbitMQ does not use")
    func flow() throws {
        let core = try CoreUnderTest()
        core.connect()
        _ = try core.open()
        try core.receive(.method(1, .channelFlow(active: false)))
        #expect(try core.sent() == [ClientMethod.channelFlowOK(active: false).frame(on: 1)])
    }

    @Test("whose set-up cannot be sent end, and give their number back")
    func badSetup() throws {
        let core = try CoreUnderTest()
        core.connect()
        let opened = Shot()
        let id = core.add(setup: [.queuePurge(name: String(repeating: "x", count: 256))], opened: opened)
        #expect(throws: AMQPError(.invalidArgument, "queue has 256 bytes; AMQP allows at most 255")) {
            try opened.current?.get()
        }
        #expect(try core.sent() == [ClientMethod.channelOpen, Self.goodbye].frames(on: 1))
        try core.receive(.method(1, .channelOpenOK), .method(1, .channelCloseOK))
        core.connection.perform { core, _ in core.channels.remove(id) }
        #expect(core.state(try core.open()) == .open(1))
    }

    @Test("wait longer after each failed opening, and are opened when the time has come")
    func retries() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = core.add(window: 10)
        _ = try core.sent()
        for _ in 0..<5 {
            if case .paused(let time)? = core.state(id) { core.pass(core.clock.now.duration(until: time)) }
            let number = try #require(core.number(id))
            try core.receive(.method(number, .channelClose(ServerMethodTests.reason)))
        }
        core.pass(.seconds(60))
        #expect(core.state(id) == .opening(1))
    }

    @Test("that get no answer when they are opened again are given up at the deadline, and tried on")
    func unansweredOpening() throws {
        let core = try CoreUnderTest { $0.operationTimeout = .seconds(30) }
        core.connect()
        let consume = ClientMethod.basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: [:])
        let id = core.add(prefetch: 7, setup: [consume])
        try core.agree(id)
        #expect(core.connection.health.idleConsumers == 0)
        core.disconnect()
        core.connect()
        try core.receive(.method(1, .channelOpenOK))
        _ = try core.sent()
        core.pass(.seconds(29))
        #expect(core.state(id) == .opening(1) && core.connection.health.idleConsumers == 1)
        core.pass(.seconds(1))
        let again = try [ClientMethod.channelOpen, consume].frames(on: 2)
        #expect(try core.sent() == [Self.goodbye.frame(on: 1)] + again)
        let event = try #require(core.events.value.last)
        #expect(event.kind == .subscriptionLost && event.error?.code == .timedOut)
        #expect(event.error?.message.contains("basic.consume 'q'") == true)
        // While the broker does not read it cannot answer.
        try core.receive(.method(0, .connectionBlocked(reason: "memory")))
        core.pass(.seconds(30))
        #expect(core.state(id) == .opening(2))
        try core.receive(.method(0, .connectionUnblocked))
        try core.agree(id)
        #expect(core.connection.health.idleConsumers == 0)
        core.end()
    }

    @Test("that were open wait for a number when all of them are taken, and do not end")
    func noNumber() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(prefetch: 7)
        let others = try (0..<4).map { _ in try core.open(recovers: false) }
        core.disconnect()
        core.connect(Tuning(channelMax: 1, frameMax: 4096, heartbeat: 0))
        #expect(core.state(id) == .opening(1) && others.allSatisfy { core.end(of: $0) != nil })
        let other = core.add(window: 1)
        #expect(core.end(of: other)?.code == .notSupported)
        core.disconnect()
        core.connection.perform { core, effects in
            core.numbers = [.orphan, .orphan]
            core.tuning = Tuning(channelMax: 1, frameMax: 4096, heartbeat: 0)
            core.phase = .up(ready: true)
            core.openAll(into: &effects)
        }
        guard case .paused? = core.state(id) else {
            Issue.record("\(String(describing: core.state(id)))")
            return
        }
        #expect(core.events.value.last?.error?.code == .notSupported)
        try core.receive(.method(1, .channelCloseOK))
        core.pass(.seconds(1))
        #expect(core.state(id) == .opening(1))
        core.end()
    }

    @Test("make entities be declared again when one is not there any more, not more often than the longest back-off")
    func recoveryWish() throws {
        let core = try CoreUnderTest { $0.reconnect.maximum = .seconds(10) }
        core.connect()
        let id = try core.open(prefetch: 7)
        func isWanted() -> Bool {
            let now = core.clock.now
            return core.connection.core.withLock { $0.takeRecoveryWish(now: now) != nil }
        }
        func close(_ code: UInt16) throws {
            let reason = CloseReason(reply: AMQPReply(code: code, text: "X"), classID: 0, methodID: 0)
            try core.receive(.method(1, .channelClose(reason)))
            core.pass(.seconds(1))
            _ = try core.sent()
            try core.agree(id)
        }
        try close(406)
        #expect(!isWanted())
        try close(404)
        #expect(isWanted() && !isWanted())
        try close(404)
        #expect(!isWanted())
        core.pass(.seconds(10))
        #expect(isWanted() && !isWanted())
        core.end()
    }

    @Test("refuse what no broker may send")
    func violations() throws {
        let message = IncomingMessage(envelope: ServerMethodTests.envelope, message: AMQPMessage("x"))
        let cases: [(InboundEvent, String)] = [
            (.method(2, .channelOpenOK), "a frame on channel 2, which was never opened"),
            (
                .confirmed(.max, tag: 1, multiple: false, acked: true),
                "a frame on channel 65535, which was never opened"
            ),
            (.delivered(9, Self.delivery(1)), "a frame on channel 9, which was never opened"),
            (.returned(9, WindowUnderTest.returned()), "a frame on channel 9, which was never opened"),
            (.delivered(1, Self.delivery(1)), "a delivery on channel 1, which does not consume"),
            (.method(1, .channelOpenOK), "channel.open-ok that was not asked for"),
            (.method(1, .channelCloseOK), "a method on channel 1 that belongs to channel 0"),
            (.method(1, .connectionOpenOK), "a method on channel 1 that belongs to channel 0"),
            (.method(1, .reply(.txSelectOK)), "an answer (txSelectOK) to a question that was not asked"),
            (.got(1, message), "an answer (message) to a question that was not asked"),
            (.confirmed(1, tag: 1, multiple: false, acked: true), "a confirm of publish 1, when 0 were sent"),
            (.method(0, .channelOpenOK), "a method on channel 0 that belongs to another"),
            (.method(0, .connectionOpenOK), "a method on channel 0 that belongs to another"),
        ]
        for (event, message) in cases {
            let core = try CoreUnderTest()
            core.connect()
            _ = try core.open(window: 10)
            #expect(throws: WireError(message)) { try core.receive(event) }
        }
        let core = try CoreUnderTest()
        core.connect()
        _ = try core.open(recovers: false)
        try core.receive(.method(1, .channelClose(ServerMethodTests.reason)))
        #expect(throws: WireError("a method on channel 1, which is not open")) {
            try core.receive(.confirmed(1, tag: 1, multiple: false, acked: true))
        }
        #expect(throws: WireError("a delivery on channel 1, which is not open")) {
            try core.receive(.delivered(1, Self.delivery(1)))
        }
    }

    static func delivery(_ tag: UInt64) -> DeliveryContents {
        let envelope = ContentMethod.Envelope(tag: tag, redelivered: false, exchange: "e", routingKey: "k")
        return DeliveryContents(IncomingMessage(envelope: envelope, message: AMQPMessage("x")))
    }
}
