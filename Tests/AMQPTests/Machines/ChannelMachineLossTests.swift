import Testing
import WarrenRuntime

@testable import AMQP

@Suite("A channel machine that is lost")
struct ChannelMachineLossTests {
    private typealias Under = ChannelUnderTest

    @Test("by the broker's will comes back at once if it recovers; only publishes that were not sent still wait")
    func lostRecovers() throws {
        var channel = Under(recovers: true)
        try channel.open()
        channel.load()
        channel.machine.lost(Under.refusal, now: .seconds(5), into: &channel.effects)
        #expect(channel.machine.state == .paused(until: .seconds(5)))
        #expect(channel.machine.retryTime == .seconds(5))
        #expect(channel.machine.number == nil)
        #expect(channel.effects.events.map(\.kind) == [.channelLost])
        channel.perform()
        #expect(channel.waiting == ["admission"])
        #expect(channel.call.current == .failure(Under.refusal))
        #expect(channel.outcome.current == .unknown(Under.refusal))
    }

    @Test("by the broker's will ends if it does not recover, and forgets nobody")
    func lostEnds() throws {
        for isOpen in [true, false] {
            var channel = Under(recovers: false)
            if isOpen { try channel.open() } else { _ = channel.machine.open(on: 1) }
            channel.load()
            channel.machine.lost(Under.refusal, now: .seconds(5), into: &channel.effects)
            channel.perform()
            #expect(channel.machine.state == .ended(Under.refusal))
            #expect(channel.waiting == [])
        }
    }

    @Test("while it opens for the first time ends if it consumes, but not if it publishes")
    func firstOpening() {
        var consumer = Under(recovers: true, setup: [], consumes: true)
        _ = consumer.machine.open(on: 1)
        consumer.load()
        consumer.machine.lost(Under.refusal, now: .seconds(0), into: &consumer.effects)
        consumer.perform()
        #expect(consumer.machine.end == Under.refusal)
        #expect(consumer.waiting == [])
        var publisher = Under(recovers: true)
        _ = publisher.machine.open(on: 1)
        publisher.machine.lost(Under.refusal, now: .seconds(0), into: &publisher.effects)
        #expect(publisher.machine.end == nil)
    }

    @Test("again and again waits longer, but not after it was open for long in between")
    func backoff() throws {
        var channel = Under(recovers: true)
        try channel.open()
        channel.machine.lost(Under.refusal, now: .seconds(0), into: &channel.effects)
        #expect(channel.machine.retryTime == .seconds(0))
        for failure in 2...8 {
            _ = channel.machine.open(on: 1)
            channel.machine.lost(Under.refusal, now: .seconds(0), into: &channel.effects)
            let retryTime = channel.machine.retryTime
            let time = try #require(retryTime)
            let ceiling = MonotonicTime(nanoseconds: 0).advanced(by: channel.machine.backoff.ceiling(attempt: failure))
            #expect(time >= .seconds(0) && time <= ceiling && time <= .seconds(10))
        }
        try channel.open()
        channel.machine.lost(Under.refusal, now: .seconds(20), into: &channel.effects)
        #expect(channel.machine.retryTime == .seconds(20))
        // That it was once open for long says nothing about an opening that failed since.
        for _ in 0..<20 {
            _ = channel.machine.open(on: 1)
            channel.machine.lost(Under.refusal, now: .seconds(21), into: &channel.effects)
        }
        let retryTime = channel.machine.retryTime
        #expect(try #require(retryTime) > .seconds(21))
    }

    @Test("with its connection waits for the next one if it recovers, whatever it was doing")
    func disconnectedRecovers() throws {
        for state in ["detached", "opening", "open", "paused"] {
            var channel = Under(recovers: true)
            if state == "opening" { _ = channel.machine.open(on: 1) }
            if state == "open" || state == "paused" { try channel.open() }
            if state == "paused" { channel.machine.lost(Under.refusal, now: .seconds(0), into: &channel.effects) }
            channel.load()
            channel.machine.disconnected(Under.loss, into: &channel.effects)
            channel.perform()
            #expect(channel.machine.state == .detached, "\(state)")
            let opened = state == "detached" || state == "opening"
            #expect(channel.waiting == (opened ? ["opened", "admission"] : ["admission"]), "\(state)")
            #expect(channel.outcome.current == .unknown(Under.loss), "\(state)")
        }
    }

    @Test("with its connection ends if it does not recover, and forgets nobody")
    func disconnectedEnds() throws {
        var channel = Under(recovers: false)
        try channel.open()
        channel.load()
        channel.machine.disconnected(Under.loss, into: &channel.effects)
        channel.perform()
        #expect(channel.machine.end == Under.loss && channel.waiting == [])
    }

    @Test("with its connection before it was ever open waits for the next one, as whoever wants it does")
    func disconnectedAwaited() throws {
        for isOpening in [false, true] {
            var channel = Under(recovers: false)
            if isOpening { _ = channel.machine.open(on: 1) }
            channel.machine.disconnected(Under.loss, into: &channel.effects)
            channel.perform()
            #expect(channel.machine.state == .detached && channel.opened.current == nil)
            _ = channel.machine.open(on: 2)
            #expect(channel.machine.number == 2)
        }
    }

    @Test("with its connection while closing is closed")
    func disconnectedClosing() throws {
        var channel = Under(recovers: true)
        try channel.open()
        let gone = AMQPError(.closed, "closed")
        _ = channel.machine.close(gone, closed: channel.closed, into: &channel.effects)
        channel.machine.disconnected(Under.loss, into: &channel.effects)
        channel.perform()
        #expect(channel.machine.end == Under.loss)
        #expect((try? channel.closed.current?.get()) != nil)
    }

    @Test("after its end stays as it ended")
    func disconnectedEnded() {
        var channel = Under(recovers: true)
        channel.machine.finish(Under.refusal, into: &channel.effects)
        channel.machine.disconnected(Under.loss, into: &channel.effects)
        #expect(channel.machine.end == Under.refusal)
    }

    @Test("and taken up again says so if it consumes, with fresh deliveries and stale old ones")
    func consumer() throws {
        var channel = Under(recovers: true, setup: [.basicQos(prefetch: 10)], consumes: true)
        try channel.open()
        let subscribed = channel.machine.subscription?.position
        let position = try #require(subscribed)
        let before = position.current
        #expect(channel.machine.subscription?.ledger.delivered(1) == true)
        channel.machine.subscription?.wait(channel.iterator)
        channel.machine.disconnected(Under.loss, into: &channel.effects)
        #expect(position.current == before + 1)
        #expect(channel.machine.subscription?.ledger.unsettled == 0)
        channel.perform()
        // The iterator goes on waiting: its messages come again.
        #expect(channel.iterator.current == nil)
        _ = channel.machine.open(on: 2)
        _ = try channel.machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &channel.effects)
        _ = channel.machine.stepDone(now: MonotonicTime(nanoseconds: 0), into: &channel.effects)
        #expect(channel.effects.events.map(\.kind) == [.subscribed])
        #expect(channel.machine.subscription?.ledger.delivered(1) == true)
        channel.machine.finish(Under.loss, into: &channel.effects)
        channel.perform()
        #expect(channel.iterator.current != nil)
    }
}
