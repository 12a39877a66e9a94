import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

/// A connection with a publisher, a consumer and a caller at work, whose broker sends anything at all.
final class FuzzedConnection {
    /// What came of the inputs: proof that they were of all sorts.
    struct Counts {
        var events = 0
        var violations = 0
        var delivered = 0
        var outcomes: [String: Int] = [:]
        var answers = 0
    }

    private let core: CoreUnderTest
    private var stream = FuzzedStream()
    private var frames: FuzzedFrames
    private let publisher: SlotID
    private let consumer: SlotID
    private var caller: SlotID
    private var position = FuzzedFrames.Position()
    private var subscription: UInt64 = 0
    private var publishes: [CoreUnderTest.Publish] = []
    private var calls: [OneShot<CallQueue.Answer>] = []
    private var deliveries: [AMQPDelivery] = []
    private(set) var counts = Counts()

    init(seed: UInt64) throws {
        frames = FuzzedFrames(random: SeededGenerator(seed: seed))
        core = try CoreUnderTest()
        publisher = core.add(window: 16)
        consumer = core.add(prefetch: 32)
        caller = core.add(recovers: false)
        try connect()
    }

    /// One thing the application does, then one thing the broker sends.
    func step() throws {
        try act()
        do throws(WireError) {
            try receive(frames.next(position))
        } catch {
            counts.violations += 1
            try reconnect()
        }
    }

    /// The end: nobody may be left waiting.
    func finish() throws {
        core.end()
        try settle(waitersToo: true)
    }

    // MARK: - The broker

    private func receive(_ bytes: [UInt8]) throws(WireError) {
        let events = try stream.receive(bytes, using: &frames.random)
        counts.events += events.count
        switch try core.receive(events) {
        case .goOn:
            note(delivered: events.count { if case .delivered(FuzzedFrames.consumer, _) = $0 { true } else { false } })
        case .closedByPeer, .closeConfirmed: throw WireError("closed")
        }
    }

    /// Where the connection stands now, so that the next frames can be to the point.
    private func note(delivered: Int = 0) {
        let (next, current) = core.connection.core.withLock { [publisher, consumer] core in
            (
                core.channels[publisher]?.value.window?.nextSequence ?? 1,
                core.channels[consumer]?.value.subscription?.position.current ?? 0
            )
        }
        position.published = next
        position.delivered = current == subscription ? position.delivered + UInt64(delivered) : 0
        subscription = current
        counts.delivered += delivered
    }

    private func connect() throws {
        core.connect()
        _ = try core.sent()
        try core.receive(
            .method(1, .channelOpenOK),
            .method(1, .reply(.confirmSelectOK)),
            .method(2, .channelOpenOK),
            .method(2, .reply(.basicQosOK)),
            .method(3, .channelOpenOK)
        )
        note()
    }

    private func reconnect() throws {
        core.disconnect()
        try settle(waitersToo: false)
        core.connection.perform { [caller] core, _ in core.channels.remove(caller) }
        caller = core.add(recovers: false)
        stream = FuzzedStream()
        try connect()
    }

    /// Everything that was under way has its answer now.
    private func settle(waitersToo: Bool) throws {
        for call in calls { try #require(call.current != nil, "a call was forgotten") }
        counts.answers += calls.count
        calls = []
        var waiting: [CoreUnderTest.Publish] = []
        for publish in publishes {
            let isWaiting = publish.admission != nil && publish.admission?.current == nil
            if isWaiting {
                try #require(!waitersToo, "a publish was forgotten before its turn")
                waiting.append(publish)
            } else if publish.refusal == nil,
                (try? publish.admission?.current?.get()) != nil || publish.admission == nil
            {
                let outcome = try #require(publish.outcome.current, "a publish was forgotten")
                counts.outcomes["\(outcome)".prefix { $0 != "(" }.description, default: 0] += 1
            }
        }
        publishes = waiting
        deliveries = []
    }

    // MARK: - The application

    private func act() throws {
        switch Int.random(in: 0..<10, using: &frames.random) {
        case 0..<4:
            guard publishes.count < 1000 else { return try reconnect() }
            publishes.append(try core.publish(mandatory: Bool.random(using: &frames.random), on: publisher))
            note()
        case 4:
            let call = OneShot<CallQueue.Answer>()
            let sent = core.connection.perform { [caller] core, _ in
                (try? core.call(.basicGet(queue: "q"), on: caller, call)) != nil
            }
            if sent { calls.append(call) }
        case 5..<7: try settleDelivery()
        default: _ = try core.sent()
        }
    }

    private func settleDelivery() throws {
        deliveries += core.connection.perform { [consumer] core, _ in
            var batch: [AMQPDelivery] = []
            _ = core.takeDeliveries(consumer, upTo: .max, into: &batch, orWake: OneShot())
            return batch
        }
        guard !deliveries.isEmpty else { return }
        let delivery = deliveries.remove(at: Int.random(in: 0..<deliveries.count, using: &frames.random))
        let multiple = Int.random(in: 0..<8, using: &frames.random) == 0
        do throws(AMQPError) {
            _ =
                try Bool.random(using: &frames.random)
                ? delivery.ack(multiple: multiple) : delivery.nack(multiple: multiple)
        } catch {
            try #require(error.code == .alreadySettled)
        }
    }
}
