import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("Waiting for every confirm of a channel")
struct CoreWaitingTests {
    private typealias Shot = OneShot<Result<Void, AMQPError>>

    private static func wait(_ core: CoreUnderTest, _ id: SlotID) -> Shot {
        let shot = Shot()
        core.connection.perform { core, effects in core.whenAnswered(id, shot, into: &effects) }
        return shot
    }

    @Test("ends with the last answer, or at once when there is nothing to wait for")
    func answered() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        #expect((try? Self.wait(core, id).current?.get()) != nil)
        for _ in 0..<2 { _ = try core.publish(on: id) }
        let shot = Self.wait(core, id)
        try core.receive(.confirmed(1, tag: 1, multiple: false, acked: true))
        #expect(shot.current == nil)
        try core.receive(.confirmed(1, tag: 2, multiple: false, acked: true))
        #expect((try? shot.current?.get()) != nil)
    }

    @Test("tells once of the first publish that was not acked since the last wait, whatever became of it")
    func failures() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        func code() throws -> AMQPError.Code? {
            guard case .failure(let error)? = Self.wait(core, id).current else { return nil }
            return error.code
        }
        for _ in 0..<3 { _ = try core.publish(mandatory: true, on: id) }
        let during = Self.wait(core, id)
        try core.receive(
            .returned(1, WindowUnderTest.returned(stamp: .int64(1))),
            .confirmed(1, tag: 1, multiple: false, acked: true),
            .confirmed(1, tag: 2, multiple: false, acked: false),
            .confirmed(1, tag: 3, multiple: false, acked: true)
        )
        guard case .failure(let error)? = during.current, error.code == .returned else {
            Issue.record("the first was returned")
            return
        }
        #expect(try code() == nil)
        // Before the wait, and over the loss of the channel.
        _ = try core.publish(on: id)
        try core.receive(.confirmed(1, tag: 4, multiple: false, acked: false))
        core.disconnect()
        #expect(try code() == .refused)
        core.connect()
        try core.agree(id)
        _ = try core.publish(on: id)
        core.disconnect()
        #expect(try code() == .unknown)
        #expect(try code() == nil)
    }

    @Test("does not tell of what the call that published it tells")
    func told() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        core.connection.core.withLock { core in
            core.channels[id]?.value.window?.sent(PublishConfirmation(isTold: true), nil, mandatory: false)
        }
        try core.receive(.confirmed(1, tag: 1, multiple: false, acked: false))
        #expect((try? Self.wait(core, id).current?.get()) != nil)
    }

    @Test("ends well when all answers came with the end of the channel")
    func answeredAtTheEnd() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        _ = try core.publish(on: id)
        let shot = Self.wait(core, id)
        try core.receive(
            .confirmed(1, tag: 1, multiple: false, acked: true),
            .method(1, .channelClose(ServerMethodTests.reason))
        )
        #expect((try? shot.current?.get()) != nil)
    }

    @Test("waits for publishes that wait for their turn, too")
    func queued() throws {
        let core = try CoreUnderTest()
        let id = core.add(window: 10)
        _ = try core.publish(on: id)
        let shot = Self.wait(core, id)
        core.connect()
        try core.agree(id)
        #expect(shot.current == nil)
        try core.receive(.confirmed(1, tag: 1, multiple: false, acked: true))
        #expect((try? shot.current?.get()) != nil)
    }

    @Test("does not wait for what is published afterwards")
    func later() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        for _ in 0..<2 { _ = try core.publish(on: id) }
        let shot = Self.wait(core, id)
        for _ in 0..<3 { _ = try core.publish(on: id) }
        let second = Self.wait(core, id)
        try core.receive(.confirmed(1, tag: 2, multiple: false, acked: true))
        #expect(shot.current == nil)
        try core.receive(.confirmed(1, tag: 1, multiple: false, acked: true))
        #expect((try? shot.current?.get()) != nil)
        #expect(second.current == nil)
        try core.receive(.confirmed(1, tag: 5, multiple: true, acked: true))
        #expect((try? second.current?.get()) != nil)
    }

    @Test("fails when the connection or the channel is lost")
    func lost() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        _ = try core.publish(on: id)
        let first = Self.wait(core, id)
        try core.receive(.method(1, .channelClose(ServerMethodTests.reason)))
        #expect(throws: AMQPError.self) { try first.current?.get() }
        try core.agree(id)
        _ = try core.publish(on: id)
        let second = Self.wait(core, id)
        core.disconnect()
        #expect(throws: ChannelUnderTest.loss) { try second.current?.get() }
    }

    @Test("fails when a confirm does not come in time, and waits for it no longer")
    func late() throws {
        let core = try CoreUnderTest { $0.confirmTimeout = .seconds(10) }
        core.connect()
        let id = try core.open(window: 10)
        _ = try core.publish(on: id)
        _ = try core.sent()
        let shot = Self.wait(core, id)
        core.pass(.seconds(10))
        #expect(throws: AMQPError(.unknown, "no confirm came within 10.0 seconds")) { try shot.current?.get() }
        #expect(shot.current != nil)
        #expect((try? Self.wait(core, id).current?.get()) != nil)
        let isDrained = core.connection.core.withLock { $0.isDrained }
        #expect(isDrained)
    }

    @Test("in vain for a connection says for what, how long, and why there is none")
    func noConnection() async throws {
        let core = try CoreUnderTest()
        core.connect()
        core.disconnect()
        let connection = core.connection
        async let result = connection.result(of: Shot(), within: .seconds(7), "purging a queue")
        try await eventually { core.clock.sleeperCount == 1 }
        core.clock.advance(by: .seconds(7))
        guard case .failure(let error) = await result else {
            Issue.record("it ended well")
            return
        }
        #expect(error.code == .unreachable)
        #expect(error.message == "purging a queue: no connection within 7.0 seconds: the connection went away")
    }

    @Test("fails on a channel that is gone or has ended")
    func gone() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(recovers: false, window: 10)
        try core.receive(.method(1, .channelClose(ServerMethodTests.reason)))
        #expect(throws: AMQPError.self) { try Self.wait(core, id).current?.get() }
        core.connection.perform { core, _ in core.channels.remove(id) }
        #expect(throws: AMQPError.self) { try Self.wait(core, id).current?.get() }
    }
}
