import Testing
import WarrenRuntime

@testable import AMQP

@Suite("Publishing through a connection's core")
struct CorePublishingTests {
    private static func message(_ size: Int, _ properties: AMQPProperties = AMQPProperties()) -> AMQPMessage {
        AMQPMessage(body: [UInt8](repeating: 7, count: size), properties: properties)
    }

    /// What a head frame looks like on a channel, with the given stamp.
    private static func head(
        _ message: AMQPMessage,
        channel: UInt16,
        mandatory: Bool = false,
        stamp: Int64? = nil
    ) -> [OwnedFrame] {
        var properties = WireBytes([2])
        if let stamp {
            properties = .joined([.table(.entry("warren-publish", "l", .number(stamp))), properties])
        }
        let header = WireBytes.header(
            bodySize: UInt64(message.body.count),
            flags: stamp == nil ? 0x1000 : 0x3000,
            properties
        )
        let method = WireBytes.method(60, 40, [0, 0], .shortString("e"), .shortString("k"), [mandatory ? 1 : 0])
        return [
            OwnedFrame(type: 1, channel: channel, payload: method.bytes),
            OwnedFrame(type: 2, channel: channel, payload: header.bytes),
        ]
    }

    @Test("puts channel number and stamp into the head, and cuts the body by the agreed frame size")
    func frames() throws {
        let core = try CoreUnderTest()
        core.connect()
        _ = try core.open()
        let id = try core.open(window: 10)
        let small = Self.message(3)
        let large = Self.message(5000)
        _ = try core.publish(small, mandatory: true, on: id)
        _ = try core.publish(large, mandatory: true, on: id)
        let body = [UInt8](repeating: 7, count: 5000)
        let expected =
            Self.head(small, channel: 2, mandatory: true, stamp: 1)
            + [OwnedFrame(type: 3, channel: 2, payload: [7, 7, 7])]
            + Self.head(large, channel: 2, mandatory: true, stamp: 2)
            + [
                OwnedFrame(type: 3, channel: 2, payload: Array(body[..<4088])),
                OwnedFrame(type: 3, channel: 2, payload: Array(body[4088...])),
            ]
        #expect(try core.sent() == expected)
    }

    @Test("lets the channels of a connection in by turns, also where one could fill the outbox for ever")
    func turns() throws {
        let core = try CoreUnderTest { $0.outboxLimit = 1000 }
        core.connect()
        let ids = try (0..<3).map { _ in try core.open(window: 100) }
        var waiting: [SlotID: [CoreUnderTest.Publish]] = [:]
        for id in ids { waiting[id] = try (0..<6).map { _ in try core.publish(Self.message(600), on: id) } }
        // The one that was let in at once.
        waiting[ids[0]]?.removeFirst()
        var order: [Int] = []
        for _ in 0..<6 {
            _ = try core.sent()
            let admitted = ids.indices.filter { waiting[ids[$0]]?.first?.admission?.current != nil }
            for index in admitted { waiting[ids[index]]?.removeFirst() }
            order += admitted
        }
        #expect(order == [0, 1, 2, 0, 1, 2])
    }

    @Test("gives each publish its own outcome")
    func outcomes() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        let publishes = try (0..<5).map { _ in try core.publish(mandatory: true, on: id) }
        let returned = WindowUnderTest.returned(stamp: .int64(3))
        try core.receive(
            .confirmed(1, tag: 2, multiple: true, acked: true),
            .returned(1, returned),
            .confirmed(1, tag: 3, multiple: false, acked: true),
            .confirmed(1, tag: 4, multiple: false, acked: false)
        )
        #expect(
            publishes.map(\.outcome.current)
                == [.acked(routed: true), .acked(routed: true), .returned(returned.withoutStamp), .refused, nil]
        )
        core.disconnect()
        #expect(publishes[4].outcome.current == .unknown(ChannelUnderTest.loss))
    }

    @Test("lets publishes wait for a full window, first come first served, a quarter of it at a time")
    func fullWindow() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 8)
        for _ in 0..<8 { #expect(try core.publish(on: id).admission == nil) }
        _ = try core.sent()
        let waiting = try (0..<3).map { try core.publish(Self.message($0 + 1), on: id) }
        try core.receive(.confirmed(1, tag: 1, multiple: false, acked: true))
        #expect(try core.sent() == [])
        try core.receive(.confirmed(1, tag: 2, multiple: false, acked: true))
        #expect(try core.sent().filter { $0.type == 3 }.map(\.payload.count) == [1, 2])
        #expect(waiting.map { $0.admission?.current != nil } == [true, true, false])
        // No publish overtakes the one that still waits.
        let last = try core.publish(Self.message(9), on: id)
        #expect(last.admission != nil)
        try core.receive(.confirmed(1, tag: 0, multiple: true, acked: true))
        #expect(try core.sent().filter { $0.type == 3 }.map(\.payload.count) == [3, 9])
        try core.receive(.confirmed(1, tag: 12, multiple: true, acked: true))
        #expect((waiting + [last]).allSatisfy { $0.outcome.current == .acked(routed: false) })
    }

    @Test("lets publishes wait for room in the outbox, but takes one of any size when it is empty")
    func fullOutbox() throws {
        let core = try CoreUnderTest { $0.outboxLimit = 1000 }
        core.connect()
        let id = try core.open(window: 100)
        #expect(try core.publish(Self.message(2000), on: id).admission == nil)
        let large = try core.publish(Self.message(3000), on: id)
        let small = try core.publish(Self.message(1), on: id)
        #expect(large.admission?.current == nil && large.admission != nil)
        #expect(try core.sent().filter { $0.type == 3 }.map(\.payload.count) == [2000])
        #expect(large.admission?.current != nil)
        #expect(small.admission?.current == nil)
        #expect(try core.sent().filter { $0.type == 3 }.map(\.payload.count) == [3000])
        #expect(small.admission?.current != nil)
    }

    @Test("lets publishes wait while the broker blocks publishers")
    func blocked() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        try core.receive(.method(0, .connectionBlocked(reason: "low on memory")))
        let publish = try core.publish(on: id)
        try core.receive(.confirmed(1, tag: 0, multiple: true, acked: true))
        #expect(publish.admission != nil && publish.admission?.current == nil)
        #expect(try core.sent() == [])
        try core.receive(.method(0, .connectionUnblocked))
        #expect(publish.admission?.current != nil)
        #expect(try core.sent().count == 2)
    }

    @Test("lets publishes wait for the connection, and for the next one after a loss")
    func disconnected() throws {
        let core = try CoreUnderTest()
        let id = core.add(window: 10)
        let first = try core.publish(on: id)
        core.connect()
        #expect(first.admission?.current == nil)
        _ = try core.sent()
        try core.agree(id)
        #expect(first.admission?.current != nil)
        core.disconnect()
        #expect(first.outcome.current == .unknown(ChannelUnderTest.loss))
        let second = try core.publish(on: id)
        core.connect()
        try core.agree(id)
        #expect(second.admission?.current != nil)
        // The lost publish is not sent again: that is for its caller to decide.
        #expect(try core.sent().filter { $0.type == 2 }.count == 1)
        try core.receive(.confirmed(1, tag: 1, multiple: false, acked: true))
        #expect(second.outcome.current == .acked(routed: false))
    }

    @Test("does not send what its caller has given up on")
    func givenUp() throws {
        let core = try CoreUnderTest()
        let id = core.add(window: 10)
        let publishes = try (1...3).map { try core.publish(Self.message($0), on: id) }
        publishes[1].admission?.abandon(.failure(AMQPError(.cancelled, "cancelled")))
        core.connect()
        try core.agree(id)
        #expect(try core.sent().filter { $0.type == 3 }.map(\.payload.count) == [1, 3])
    }

    @Test("refuses headers that do not fit the agreed frame, at once or in their turn")
    func tooLarge() throws {
        let core = try CoreUnderTest()
        let id = core.add(window: 10)
        let large = Self.message(1, AMQPProperties(headers: ["a": .string(String(repeating: "x", count: 4096))]))
        let waiting = try core.publish(large, on: id)
        let next = try core.publish(Self.message(1), on: id)
        core.connect()
        _ = try core.sent()
        try core.agree(id)
        let error = AMQPError(.invalidArgument, "the message's headers do not fit a frame of 4096 bytes")
        #expect(throws: error) { try waiting.admission?.current?.get() }
        #expect(next.admission?.current != nil)
        #expect(try core.publish(large, on: id).refusal == error)
        // A refused publish takes no number: the next one is the broker's second.
        #expect(try core.sent().count == 3)
        let second = try core.publish(Self.message(1), on: id)
        try core.receive(.confirmed(1, tag: 2, multiple: false, acked: true))
        #expect(second.outcome.current == .acked(routed: false))
    }

    @Test("refuses publishes while closing, after the end, and on channels that are gone")
    func refused() async throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        let removed = try core.open(window: 10)
        core.connection.perform { core, _ in core.channels.remove(removed) }
        #expect(try core.publish(on: removed).refusal?.code == .channelClosed)
        core.connection.perform { core, _ in core.requestClose() }
        #expect(try core.publish(on: id).refusal?.code == .closed)
        let end = AMQPError(.loginRefused, "refused")
        core.connection.perform { core, effects in core.ended(end, into: &effects) }
        #expect(try core.publish(on: id).refusal == end)
    }

    @Test("gives up on a confirm after its time, and keeps what it knows apart")
    func late() throws {
        let core = try CoreUnderTest { $0.confirmTimeout = .seconds(10) }
        core.connect()
        let id = try core.open(window: 10)
        let early = try core.publish(on: id)
        _ = try core.sent()
        core.pass(.seconds(5))
        let later = try core.publish(on: id)
        _ = try core.sent()
        core.pass(.seconds(5))
        guard case .unknown(let cause) = early.outcome.current else {
            Issue.record("the outcome is \(String(describing: early.outcome.current))")
            return
        }
        #expect(cause.code == .unknown)
        #expect(later.outcome.current == nil)
        core.pass(.seconds(5))
        #expect(later.outcome.current != nil)
    }
}
