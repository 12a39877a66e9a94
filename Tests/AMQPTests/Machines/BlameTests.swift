import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("A connection that is closed over what a channel asks for")
final class BlameTests {
    private static let consume = ClientMethod.basicConsume(
        queue: "q",
        consumerTag: "",
        exclusive: false,
        arguments: [:]
    )
    private static let notImplemented = CloseReason(
        reply: AMQPReply(code: 540, text: "NOT_IMPLEMENTED"),
        classID: 60,
        methodID: 20
    )
    private static let failed = CloseReason(
        reply: AMQPReply(code: 541, text: "INTERNAL_ERROR"),
        classID: 0,
        methodID: 0
    )
    private static let forced = CloseReason(
        reply: AMQPReply(code: 320, text: "CONNECTION_FORCED"),
        classID: 0,
        methodID: 0
    )

    private let core: CoreUnderTest

    init() throws {
        core = try CoreUnderTest()
        core.connect()
    }

    deinit {
        core.end()
    }

    private func add() -> SlotID { core.add(prefetch: 10, setup: [Self.consume]) }

    private func answer(_ id: SlotID) throws {
        _ = try core.sent()
        try core.agree(id)
    }

    /// The broker closes the connection, and the client comes back.
    private func reconnect(_ reason: CloseReason) {
        core.connection.perform { core, effects in _ = core.blame(reason, into: &effects) }
        core.disconnect()
        core.connect()
    }

    private func isOpening(_ id: SlotID) -> Bool {
        if case .opening? = core.state(id) { true } else { false }
    }

    private func end(_ id: SlotID) -> AMQPError? {
        core.connection.core.withLock { $0.channels[id]?.value.end }
    }

    @Test("ends the one that waits for such an answer, and tells it why")
    func alone() throws {
        let (innocent, culprit) = (add(), add())
        try answer(innocent)
        reconnect(Self.notImplemented)
        #expect(end(culprit)?.code == .notSupported && end(culprit)?.reply == Self.notImplemented.reply)
        #expect(end(culprit)?.message.contains("tester") == true)
        #expect(isOpening(innocent))
    }

    @Test("ends also one that was open before, when its queue has become another")
    func wasOpen() throws {
        let id = add()
        try answer(id)
        core.disconnect()
        core.connect()
        reconnect(Self.notImplemented)
        #expect(end(id)?.code == .notSupported)
    }

    @Test("with several that wait tries them one at a time, after all others, until it knows which one it is")
    func several() throws {
        let others = add()
        try answer(others)
        let suspects = [add(), add(), add()]
        reconnect(Self.notImplemented)
        #expect(suspects.allSatisfy { end($0) == nil })
        // One that has done nothing goes first, and alone.
        #expect(isOpening(others) && suspects.allSatisfy { core.state($0) == .detached })
        try answer(others)
        #expect(suspects.map { isOpening($0) } == [true, false, false])
        try answer(suspects[0])
        #expect(suspects.map { isOpening($0) } == [false, true, false])
        reconnect(Self.notImplemented)
        #expect(suspects.map { end($0) == nil } == [true, false, true])
        try answer(others)
        if isOpening(suspects[0]) { try answer(suspects[0]) }
        try answer(suspects[2])
        #expect(suspects.map { core.connection.isOpen($0) } == [true, false, true])
        // With all of them cleared everything opens at once again.
        core.disconnect()
        core.connect()
        #expect(isOpening(others) && isOpening(suspects[0]) && isOpening(suspects[2]))
    }

    @Test("goes on with the next suspect when one is refused or gone")
    func refused() async throws {
        let suspects = [add(), add(), add()]
        reconnect(Self.notImplemented)
        #expect(suspects.map { isOpening($0) } == [true, false, false])
        let number = try #require(core.number(suspects[0]))
        try core.receive(.method(number, .channelClose(ServerMethodTests.reason)))
        #expect(suspects.map { isOpening($0) } == [false, true, false])
        let second = try #require(core.number(suspects[1]))
        let removal = Task { [connection = core.connection, gone = suspects[1]] in await connection.remove(gone) }
        try await core.eventuallyCloses(suspects[1])
        try core.receive(.method(second, .channelCloseOK))
        await removal.value
        #expect(isOpening(suspects[2]))
    }

    @Test("by a broker that has failed itself is tried again by one that was open before, more and more rarely")
    func internalError() throws {
        let (id, other) = (add(), add())
        try answer(id)
        try answer(other)
        core.disconnect()
        core.connect()
        try answer(other)
        for _ in 1...4 {
            reconnect(Self.failed)
            try answer(other)
            #expect(isOpening(id))
        }
        let maximum = core.connection.settings.backoff.maximum
        for rest in [1, 2, 4, 8, 16, 16] {
            reconnect(Self.failed)
            let event = try #require(core.events.value.last)
            #expect(event.kind == .subscriptionLost && event.error?.reply == Self.failed.reply)
            try answer(other)
            // It rests also over the end of another connection.
            core.disconnect()
            core.connect()
            try answer(other)
            #expect(core.state(id) == .paused(until: core.clock.now.advanced(by: maximum * rest)))
            core.pass(maximum * rest - .milliseconds(1))
            #expect(!isOpening(id))
            core.pass(.milliseconds(1))
            #expect(isOpening(id))
        }
        try answer(id)
        core.disconnect()
        core.connect()
        #expect(isOpening(id) && isOpening(other))
        try answer(id)
        try answer(other)
        let fresh = add()
        reconnect(Self.failed)
        #expect(end(fresh) != nil)
    }

    @Test("lets the thread sleep while one suspect waits for another to be opened")
    func sleeps() throws {
        let suspects = [add(), add(), add()]
        for suspect in suspects { try answer(suspect) }
        core.disconnect()
        core.connect()
        reconnect(Self.notImplemented)
        #expect(suspects.map { isOpening($0) } == [true, false, false])
        // A suspect that is to be tried again, while another is being opened.
        for _ in 1...2 {
            let number = try #require(core.number(suspects[0]))
            try core.receive(.method(number, .channelClose(ServerMethodTests.reason)))
        }
        core.pass(.seconds(1))
        #expect(suspects.map { isOpening($0) } == [false, true, false])
        #expect(core.connection.core.withLock { $0.nextTimer } > core.clock.now)
        try answer(suspects[1])
        #expect(suspects.contains { isOpening($0) })
    }

    @Test("or by its operator, blames nobody")
    func forcedClose() {
        let id = add()
        for _ in 1...10 { reconnect(Self.forced) }
        #expect(end(id) == nil && isOpening(id))
    }
}

extension CoreUnderTest {
    fileprivate func eventuallyCloses(_ id: SlotID) async throws {
        try await eventually("it is being closed") {
            if case .closing? = state(id) { true } else { false }
        }
    }
}
