import Testing
import WarrenRuntime

@testable import AMQP

/// A channel machine with everything that can wait on one, and what became of it.
struct ChannelUnderTest: ~Copyable {
    static let loss = AMQPError(.connectionLost, "the connection went away")
    static let refusal = AMQPError(.notFound, "no queue")

    var machine: ChannelMachine
    var effects = Effects()
    let opened = OneShot<Result<Void, AMQPError>>()
    let closed = OneShot<Result<Void, AMQPError>>()
    let call = OneShot<CallQueue.Answer>()
    let outcome = PublishConfirmation()
    let admission = OneShot<PublishQueue.Admission>()
    let waiter = OneShot<Result<Void, AMQPError>>()
    let iterator = OneShot<Void>()

    init(recovers: Bool, setup: [ClientMethod] = [.confirmSelect], consumes: Bool = false) {
        machine = ChannelMachine(
            purpose: "tester",
            recovers: recovers,
            setup: setup,
            window: consumes ? nil : 10,
            subscription: consumes ? Subscription(prefetch: 10, position: SubscriptionPosition()) : nil,
            backoff: Backoff(initial: .seconds(1), maximum: .seconds(10)),
            opened: opened
        )
    }

    /// Opens it on channel 1, all steps answered.
    mutating func open() throws {
        _ = machine.open(on: 1)
        _ = try machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &effects)
        for step in machine.setup {
            let reply = try #require(ServerMethodTests.replies.map(\.1).first { $0.kind == step.expectedReply })
            #expect(try machine.calls.answered(reply) == nil)
            _ = machine.stepDone(now: MonotonicTime(nanoseconds: 0), into: &effects)
        }
        perform()
    }

    /// Puts one of everything that waits into the machine.
    mutating func load() {
        machine.calls.sent(.txSelect, call)
        machine.window?.sent(outcome, nil, mandatory: false)
        let layout = PublishHeadLayout(headerFrame: 1, size: 2, stamp: nil, mandatory: false)
        machine.queue.append(
            PublishQueue.Entry(
                head: [],
                layout: layout,
                body: [],
                identity: nil,
                confirmation: PublishConfirmation(),
                index: 0,
                admitted: admission
            )
        )
        machine.awaitAnswers(waiter)
        machine.subscription?.wait(iterator)
    }

    mutating func perform() {
        effects.perform { _ in }
    }

    /// What nobody has been told of yet.
    var waiting: Set<String> {
        var waiting: Set<String> = []
        if opened.current == nil { waiting.insert("opened") }
        if call.current == nil { waiting.insert("call") }
        if machine.window != nil, outcome.current == nil { waiting.insert("outcome") }
        if admission.current == nil { waiting.insert("admission") }
        if waiter.current == nil { waiting.insert("waiter") }
        if machine.subscription != nil, iterator.current == nil { waiting.insert("iterator") }
        return waiting
    }
}

@Suite("The channel machine")
struct ChannelMachineTests {
    @Test("opens with its whole set-up in one go, and is open when the last step is answered")
    func opening() throws {
        var channel = ChannelUnderTest(recovers: true, setup: [.basicQos(prefetch: 1), .confirmSelect])
        #expect(channel.machine.state == .detached)
        #expect(channel.machine.open(on: 3) == [.channelOpen, .basicQos(prefetch: 1), .confirmSelect])
        #expect(channel.machine.state == .opening(3))
        #expect(channel.machine.number == 3)
        #expect(channel.machine.openNumber == nil)
        #expect(try channel.machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &channel.effects) == false)
        #expect(channel.machine.stepDone(now: MonotonicTime(nanoseconds: 0), into: &channel.effects) == false)
        #expect(channel.opened.current == nil)
        #expect(channel.machine.stepDone(now: MonotonicTime(nanoseconds: 0), into: &channel.effects) == true)
        #expect(channel.machine.state == .open(3))
        #expect(channel.machine.openNumber == 3)
        channel.perform()
        #expect((try? channel.opened.current?.get()) != nil)
        #expect(channel.machine.stepDone(now: MonotonicTime(nanoseconds: 0), into: &channel.effects) == false)
    }

    @Test("without set-up is open with the first answer")
    func noSetup() throws {
        var channel = ChannelUnderTest(recovers: false, setup: [])
        #expect(channel.machine.open(on: 1) == [.channelOpen])
        #expect(try channel.machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &channel.effects) == true)
        #expect(channel.machine.state == .open(1))
    }

    @Test("refuses channel.open-ok when it was not asked for, or comes twice or too late")
    func unexpectedOpen() throws {
        let error = WireError("channel.open-ok that was not asked for")
        var channel = ChannelUnderTest(recovers: true)
        #expect(throws: error) {
            try channel.machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &channel.effects)
        }
        _ = channel.machine.open(on: 1)
        _ = try channel.machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &channel.effects)
        #expect(throws: error) {
            try channel.machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &channel.effects)
        }
        _ = channel.machine.stepDone(now: MonotonicTime(nanoseconds: 0), into: &channel.effects)
        #expect(throws: error) {
            try channel.machine.channelOpened(now: MonotonicTime(nanoseconds: 0), into: &channel.effects)
        }
    }

    @Test("counts publishes in its window and in its queue as not answered")
    func answered() throws {
        var channel = ChannelUnderTest(recovers: true)
        #expect(channel.machine.isAnswered == true)
        #expect(channel.machine.windowHasRoom == true)
        channel.load()
        #expect(channel.machine.isAnswered == false)
        channel.machine.queue.removeFirst()
        #expect(channel.machine.isAnswered == false)
        try channel.machine.window?.answered(1, multiple: false, acked: true, into: &channel.effects.outcomes)
        #expect(channel.machine.isAnswered == true)
        for _ in 0..<10 { channel.machine.window?.sent(PublishConfirmation(), nil, mandatory: false) }
        #expect(channel.machine.windowHasRoom == false)
        let plain = ChannelUnderTest(recovers: false, consumes: true)
        #expect(plain.machine.windowHasRoom == true)
        #expect(plain.machine.isAnswered == true)
    }

    @Test("closes when it is open or opening by asking the broker, and forgets nobody")
    func closeOpen() throws {
        for isOpen in [true, false] {
            var channel = ChannelUnderTest(recovers: true)
            if isOpen { try channel.open() } else { _ = channel.machine.open(on: 1) }
            channel.load()
            let gone = AMQPError(.closed, "closed")
            let methods = channel.machine.close(gone, closed: channel.closed, into: &channel.effects)
            #expect(methods == [.channelClose(CloseReason(reply: .goodbye, classID: 0, methodID: 0))])
            #expect(channel.machine.state == .closing(1))
            channel.perform()
            #expect(channel.waiting == (isOpen ? [] : ["opened"]))
            #expect(channel.outcome.current == .unknown(gone))
            #expect(channel.closed.current == nil)
            channel.machine.finish(gone, into: &channel.effects)
            channel.perform()
            #expect(channel.machine.end == gone)
            #expect(channel.closed.current != nil && channel.opened.current != nil)
        }
    }

    @Test("closes at once when it is not open, and forgets nobody")
    func closeOther() throws {
        let gone = AMQPError(.closed, "closed")
        for state in ["detached", "paused", "ended"] {
            var channel = ChannelUnderTest(recovers: true)
            if state == "paused" {
                try channel.open()
                channel.machine.lost(ChannelUnderTest.refusal, now: .seconds(0), into: &channel.effects)
            }
            if state == "ended" { channel.machine.finish(gone, into: &channel.effects) }
            channel.perform()
            // What waits without a channel under it: publishes, and whoever waits for their answers.
            let layout = PublishHeadLayout(headerFrame: 1, size: 2, stamp: nil, mandatory: false)
            channel.machine.queue.append(
                PublishQueue.Entry(
                    head: [],
                    layout: layout,
                    body: [],
                    identity: nil,
                    confirmation: nil,
                    index: 0,
                    admitted: channel.admission
                )
            )
            channel.machine.awaitAnswers(channel.waiter)
            #expect(channel.machine.close(gone, closed: channel.closed, into: &channel.effects) == [])
            channel.perform()
            #expect(channel.waiting == ["call", "outcome"], "\(state)")
            #expect(channel.closed.current != nil, "\(state)")
            #expect(channel.machine.end == gone, "\(state)")
        }
    }
}
