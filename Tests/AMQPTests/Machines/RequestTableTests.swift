import Testing

@testable import AMQP

@Suite("A table of requests")
struct RequestTableTests {
    private typealias Shot = OneShot<CallQueue.Answer>

    private static func reply(_ id: String?) -> IncomingMessage {
        let envelope = ContentMethod.Envelope(tag: 1, redelivered: false, exchange: "", routingKey: "")
        return IncomingMessage(
            envelope: envelope,
            message: AMQPMessage("x", properties: AMQPProperties(correlationID: id))
        )
    }

    @Test("gives each request an id of its own, also among tables, and hands out each reply once")
    func pairs() {
        var table = RequestTable()
        var other = RequestTable()
        let shots = [Shot(), Shot()]
        let ids = shots.map { table.add($0) }
        #expect(Set(ids + [other.add(Shot())]).count == 3)
        var answers: [CallQueue.Resolution] = []
        let second = table.replied(Self.reply(ids[1]), into: &answers)
        #expect(second && answers.map { $0.shot === shots[1] } == [true])
        let again = table.replied(Self.reply(ids[1]), into: &answers)
        let foreign = table.replied(Self.reply(nil), into: &answers)
        #expect(!again && !foreign && answers.count == 1)
        #expect(table.lateReplies == 2)
    }

    @Test("drops and counts a reply whose request has given up")
    func late() {
        var table = RequestTable()
        let shots = [Shot(), Shot()]
        let ids = shots.map { table.add($0) }
        table.forget(ids[0])
        shots[1].abandon(.failure(.channelGone))
        var answers: [CallQueue.Resolution] = []
        let wasAwaited = ids.map { table.replied(Self.reply($0), into: &answers) }
        #expect(wasAwaited == [false, false] && answers.isEmpty)
        #expect(table.lateReplies == 2)
    }

    @Test("tells those that were sent of the loss, at once, and lets those wait that were not")
    func lost() {
        var table = RequestTable()
        let shots = [Shot(), Shot()]
        let ids = shots.map { table.add($0) }
        table.sent(ids[0])
        var answers: [CallQueue.Resolution] = []
        table.lost(ChannelUnderTest.loss, into: &answers)
        #expect(answers.map { $0.shot === shots[0] } == [true])
        guard case .failure(let error)? = answers.first?.answer else {
            Issue.record("no failure")
            return
        }
        #expect(error.code == .unknown)
        answers = []
        let wasAwaited = table.replied(Self.reply(ids[1]), into: &answers)
        #expect(wasAwaited && answers.count == 1)
    }

    @Test("tells everyone of the end")
    func end() {
        var table = RequestTable()
        let ids = [Shot(), Shot()].map { table.add($0) }
        table.sent(ids[0])
        var answers: [CallQueue.Resolution] = []
        table.end(ChannelUnderTest.loss, into: &answers)
        #expect(answers.map(\.answer) == Array(repeating: .failure(ChannelUnderTest.loss), count: 2))
    }
}
