import Testing

@testable import AMQP

@Suite("A publish that may be sent again")
struct ResendingTests {
    private static let target = PublishTarget(exchange: "e", routingKey: "k", mandatory: true)
    private static let loss = AMQPError(.connectionLost, "lost")

    private static func next(_ resending: inout Resending, _ outcome: AMQPPublishOutcome) -> Resending.Next {
        resending.next(after: .sent(outcome), target, false)
    }

    private static func code(_ next: Resending.Next) -> AMQPError.Code? {
        if case .fail(let error) = next { error.code } else { nil }
    }

    @Test("is, after a loss, as often as allowed")
    func limit() {
        var resending = Resending(.resend(upTo: 2))
        for _ in 0..<2 {
            let next = Self.next(&resending, .unknown(Self.loss))
            #expect(next == .again(because: Self.loss))
        }
        let last = Self.next(&resending, .unknown(Self.loss))
        #expect(Self.code(last) == .unknown)
    }

    @Test(
        "is not, when told so or told nonsense",
        arguments: [AMQPUnknownPolicy.throw, .resend(upTo: 0), .resend(upTo: -1)]
    )
    func never(policy: AMQPUnknownPolicy) {
        var resending = Resending(policy)
        #expect(resending.mayResend == false)
        let next = Self.next(&resending, .unknown(Self.loss))
        #expect(Self.code(next) == .unknown)
    }

    @Test(
        "is not, when nothing was lost, or by its own doing",
        arguments: [
            AMQPError(.cancelled, ""), AMQPError(.timedOut, ""), AMQPError(.unknown, "no confirm came"),
            AMQPError(.closed, ""),
            AMQPError(.notFound, "", reply: AMQPReply(code: 404, text: "NOT_FOUND - no exchange 'e' in vhost '/'")),
            AMQPError(.accessRefused, "", reply: AMQPReply(code: 403, text: "access to exchange 'e' refused")),
        ]
    )
    func notLost(cause: AMQPError) {
        var resending = Resending(.resend(upTo: 5))
        let next = Self.next(&resending, .unknown(cause))
        #expect(Self.code(next) == .unknown)
    }

    @Test("is, when another publish closed the channel")
    func othersDoing() {
        var resending = Resending(.resend(upTo: 1))
        let reply = AMQPReply(code: 404, text: "NOT_FOUND - no exchange 'other' in vhost '/'")
        let cause = AMQPError(.notFound, "", reply: reply)
        let next = Self.next(&resending, .unknown(cause))
        #expect(next == .again(because: cause))
    }

    @Test(
        "is, when another message was refused as such, and not when it was this one",
        arguments: [
            ("message size 3 is larger than configured max size 2", false),
            ("message size 4 is larger than configured max size 2", true),
            ("user_id property set to 'x' but authenticated user was 'y'", false), ("invalid expiration 'x'", true),
        ]
    )
    func refusedMessage(text: String, isSentAgain: Bool) {
        var resending = Resending(.resend(upTo: 1), AMQPMessage("abc", properties: AMQPProperties(userID: "x")))
        let cause = AMQPError(.preconditionFailed, "", reply: AMQPReply(code: 406, text: text))
        let next = Self.next(&resending, .unknown(cause))
        #expect((next == .again(because: cause)) == isSentAgain)
    }

    @Test("is not, once its task is cancelled")
    func cancelled() {
        var resending = Resending(.resend(upTo: 1))
        let next = resending.next(after: .sent(.unknown(Self.loss)), Self.target, true)
        #expect(Self.code(next) == .unknown)
    }

    @Test("ends as the broker says, as long as every sending had an answer")
    func plain() {
        var resending = Resending(.resend(upTo: 1))
        let done = Self.next(&resending, .acked(routed: true))
        #expect(done == .done)
        let refused = Self.next(&resending, .refused)
        #expect(Self.code(refused) == .refused)
        let notSent = resending.next(after: .notSent(AMQPError(.timedOut, "")), Self.target, false)
        #expect(Self.code(notSent) == .timedOut)
    }

    @Test("is acked by an ack of any sending, and is unknown after anything else")
    func truthful() {
        let ends: [(Resending.Attempt, AMQPError.Code?)] = [
            (.sent(.acked(routed: true)), nil), (.sent(.refused), .unknown), (.sent(.unknown(Self.loss)), .unknown),
            (.notSent(AMQPError(.timedOut, "late")), .unknown),
        ]
        for (end, code) in ends {
            var resending = Resending(.resend(upTo: 1))
            _ = Self.next(&resending, .unknown(Self.loss))
            let next = resending.next(after: end, Self.target, false)
            #expect(Self.code(next) == code)
        }
    }

    @Test("gets an id like any other UUID")
    func identifiers() {
        let ids = (0..<100).map { _ in String.randomUUID() }
        #expect(Set(ids).count == 100)
        for id in ids {
            #expect(id.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
            #expect(Array(id)[14] == "4" && "89ab".contains(Array(id)[19]))
        }
    }
}
