import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

/// A connection without a thread: the test says what the broker says, and sees what it would be sent.
final class CoreUnderTest: Sendable {
    /// A publish and what its caller hears of it.
    struct Publish {
        let outcome: PublishConfirmation
        /// `nil`: it was let in, or refused, at once.
        let admission: OneShot<PublishQueue.Admission>?
        let refusal: AMQPError?
    }

    let clock = HeldClock()
    /// What was reported.
    let events = Shared<[AMQPEvent]>([])
    let connection: Connection

    let pair: TransportPair

    static let tuning = Tuning(channelMax: 5, frameMax: 4096, heartbeat: 0)

    init(packets: Bool = false, _ change: (inout AMQPClientConfiguration) -> Void = { _ in }) throws {
        var configuration = AMQPClientConfiguration()
        change(&configuration)
        let settings = try ConnectionSettings(url: AMQPURL("amqp://test"), configuration: configuration, role: "test")
        pair = try TransportPair(packets: packets)
        let owner = Connection.Owner(
            needsRecovery: { false },
            recover: { _ in },
            report: { [events] event in events.change { $0.append(event) } },
            stateChanged: {}
        )
        connection = try Connection(settings: settings, clock: clock, owner: owner)
        connection.perform { core, _ in core.phase = .down }
    }

    // MARK: - The connection

    func connect(ready: Bool = true, _ tuning: Tuning = tuning) {
        let transport = pair.transport
        connection.perform { core, effects in core.connected(transport, tuning, ready: ready, into: &effects) }
    }

    func disconnect() {
        connection.perform { core, effects in core.disconnected(ChannelUnderTest.loss, into: &effects) }
    }

    /// The end of everything; a consumer's channel refers to its connection until it is removed.
    func end() {
        let closed = AMQPError(.closed, "the client was closed")
        connection.perform { core, effects in
            core.ended(closed, into: &effects)
            for id in core.channels.ids { core.channels.remove(id) }
        }
    }

    /// What the broker says, in one batch.
    @discardableResult
    func receive(_ events: InboundEvent...) throws(WireError) -> ConnectionCore.Verdict {
        try receive(events)
    }

    func receive(_ events: [InboundEvent]) throws(WireError) -> ConnectionCore.Verdict {
        let now = clock.now
        return try connection.perform { core, effects -> Result<ConnectionCore.Verdict, WireError> in
            Result { () throws(WireError) in try core.apply(events, now: now, into: &effects) }
        }.get()
    }

    /// What goes to the broker, as frames.
    func sent() throws -> [OwnedFrame] {
        let now = clock.now
        let bytes = connection.perform { core, effects -> [UInt8] in
            guard let taken = core.takeOutgoing(now: now, into: &effects) else { return [] }
            let bytes = taken.bytes.array
            core.outbox.finish(taken)
            return bytes
        }
        var parser = FrameParser(frameMax: 131_072)
        return try parser.parse(bytes)
    }

    /// The thread goes to sleep, behind something that came.
    @discardableResult
    func sleep() -> ConnectionCore.Rest {
        let now = clock.now
        return connection.core.withLock { core in
            core.wantsAttention = false
            return core.prepareToSleep(hadTraffic: true, now: now)
        }
    }

    /// Whether something has woken the thread since.
    var isAwake: Bool { connection.core.withLock { !$0.isAsleep } }

    /// Lets time pass, and does what is due then.
    func pass(_ duration: Duration) {
        clock.advance(by: duration)
        let now = clock.now
        connection.perform { core, effects in core.expire(now: now, into: &effects) }
    }

    // MARK: - Channels

    /// Adds a channel and lets the broker agree to all of its set-up.
    func open(
        recovers: Bool = true,
        window: Int? = nil,
        prefetch: Int? = nil,
        opened: OneShot<Result<Void, AMQPError>>? = nil
    ) throws -> SlotID {
        let id = add(recovers: recovers, window: window, prefetch: prefetch, opened: opened)
        _ = try sent()
        try agree(id)
        return id
    }

    func add(
        recovers: Bool = true,
        window: Int? = nil,
        prefetch: Int? = nil,
        setup: [ClientMethod]? = nil,
        early: Bool = false,
        coalescing: AMQPAckCoalescing = .automatic,
        overdueAfter limit: Duration? = nil,
        opened: OneShot<Result<Void, AMQPError>>? = nil
    ) -> SlotID {
        let steps: [ClientMethod] =
            window != nil ? [.confirmSelect] : prefetch.map { [.basicQos(prefetch: UInt16($0))] } ?? []
        return connection.add(
            ChannelMachine(
                purpose: "tester",
                recovers: recovers,
                setup: setup ?? steps,
                opensEarly: early,
                window: window,
                subscription: prefetch.map {
                    Subscription(
                        prefetch: $0,
                        coalescing: coalescing,
                        queue: "q",
                        overdueAfter: limit,
                        position: SubscriptionPosition()
                    )
                },
                backoff: connection.settings.backoff,
                opened: opened
            )
        )
    }

    /// The broker agrees to everything a channel's opening asks for.
    func agree(_ id: SlotID) throws {
        let (number, setup) = connection.core.withLock { core in
            (core.channels[id]?.value.number, core.channels[id]?.value.setup ?? [])
        }
        let channel = try #require(number)
        try receive(.method(channel, .channelOpenOK))
        for step in setup {
            let reply = try #require(ServerMethodTests.replies.map(\.1).first { $0.kind == step.expectedReply })
            try receive(.method(channel, .reply(reply)))
        }
        try #require(connection.isOpen(id))
    }

    func number(_ id: SlotID) -> UInt16? {
        connection.core.withLock { $0.channels[id]?.value.number }
    }

    func state(_ id: SlotID) -> ChannelMachine.State? {
        connection.core.withLock { $0.channels[id]?.value.state }
    }

    /// Why it has ended, if it has.
    func end(of id: SlotID) -> AMQPError? {
        connection.core.withLock { $0.channels[id]?.value.end }
    }

    // MARK: - Publishing

    func publish(
        _ message: AMQPMessage = AMQPMessage(body: [], properties: AMQPProperties(deliveryMode: nil)),
        mandatory: Bool = false,
        on id: SlotID
    ) throws -> Publish {
        let outcome = PublishConfirmation()
        let target = PublishTarget(exchange: "e", routingKey: "k", mandatory: mandatory)
        return try unsafe PublishEncoder.withHead(target, message) { head, layout in
            let publish = unsafe ConnectionCore.Publish(
                head: head,
                layout: layout,
                body: message.body,
                identity: mandatory
                    ? message.properties.messageID.map {
                        ConfirmWindow.Identity(messageID: $0, exchange: "e", routingKey: "k")
                    } : nil,
                confirmation: outcome
            )
            return connection.core.withLock { core in
                switch core.submit(publish, on: id) {
                case .accepted: return Publish(outcome: outcome, admission: nil, refusal: nil)
                case .refused(let error): return Publish(outcome: outcome, admission: nil, refusal: error)
                case .full:
                    let admission = OneShot<PublishQueue.Admission>()
                    core.enqueue(publish, on: id, admission)
                    return Publish(outcome: outcome, admission: admission, refusal: nil)
                }
            }
        }
    }
}

extension ClientMethod {
    /// The method's frame.
    func frame(on channel: UInt16) throws -> OwnedFrame {
        OwnedFrame(type: 1, channel: channel, payload: try payload(channel: channel).bytes)
    }
}

extension [ClientMethod] {
    func frames(on channel: UInt16) throws -> [OwnedFrame] { try map { try $0.frame(on: channel) } }
}
