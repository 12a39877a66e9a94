import Testing

@testable import AMQP

@Suite("The limits of a connection")
struct HandshakeTuningTests {
    private static func tune(_ ours: Tuning, _ theirs: Tuning) -> Handshake.Action {
        var handshake = Handshake(HandshakeTests.login(tuning: ours))
        _ = handshake.received(.connectionStart(HandshakeTests.greeting))
        return handshake.received(.connectionTune(theirs))
    }

    private static func agreed(_ ours: Tuning, _ theirs: Tuning) -> Tuning? {
        guard case .send(let methods) = tune(ours, theirs), case .connectionTuneOK(let tuning) = methods.first
        else { return nil }
        return tuning
    }

    @Test("are the smaller of both proposals, each for itself")
    func smaller() {
        let small = Tuning(channelMax: 10, frameMax: 4096, heartbeat: 60)
        let large = Tuning(channelMax: 2047, frameMax: 131_072, heartbeat: 5)
        let both = Tuning(channelMax: 10, frameMax: 4096, heartbeat: 5)
        #expect(Self.agreed(small, large) == both)
        #expect(Self.agreed(large, small) == both)
        #expect(Self.agreed(small, small) == small)
    }

    @Test("are the other's where one side has none, which it says with a zero; heartbeats can be wished away")
    func zeros() {
        let none = Tuning(channelMax: 0, frameMax: 0, heartbeat: 0)
        let some = Tuning(channelMax: 7, frameMax: 8192, heartbeat: 9)
        // For heartbeats zero is no limit but the wish to have none.
        #expect(Self.agreed(none, some) == Tuning(channelMax: 7, frameMax: 8192, heartbeat: 0))
        #expect(Self.agreed(some, none) == some)
    }

    @Test("are what the protocol can hold where neither side has any; no heartbeat stays none")
    func noLimits() {
        let none = Tuning(channelMax: 0, frameMax: 0, heartbeat: 0)
        #expect(Self.agreed(none, none) == Tuning(channelMax: .max, frameMax: .max, heartbeat: 0))
    }

    @Test("must leave room for the frames that AMQP itself needs", arguments: [1, 8, 4095] as [UInt32])
    func tooSmall(frameMax: UInt32) {
        let proposal = Tuning(channelMax: 1, frameMax: frameMax, heartbeat: 0)
        #expect(
            Self.tune(HandshakeTests.ours, proposal)
                == .fail(
                    AMQPError(
                        .protocolViolation,
                        "mq:5672 allows frames of \(frameMax) bytes; AMQP asks for at least 4096"
                    )
                )
        )
    }

    @Test("may be as small as AMQP allows")
    func smallest() {
        let smallest = Tuning(channelMax: 1, frameMax: 4096, heartbeat: 1)
        #expect(Self.agreed(HandshakeTests.ours, smallest) == smallest)
    }
}
