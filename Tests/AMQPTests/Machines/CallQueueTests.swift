import Testing

@testable import AMQP

@Suite("The call queue")
struct CallQueueTests {
    private typealias Shot = OneShot<CallQueue.Answer>

    @Test("gives each answer to the oldest call, in order")
    func order() throws {
        var calls = CallQueue()
        #expect(calls.isEmpty == true)
        let first = Shot()
        let second = Shot()
        calls.sent(.queuePurge(name: "a"), first)
        calls.sent(.queuePurge(name: "b"), second)
        let one = try #require(try calls.answered(.queuePurgeOK(messageCount: 1)))
        let two = try #require(try calls.answered(.queuePurgeOK(messageCount: 2)))
        #expect(one.shot === first && one.answer == .success(.queuePurgeOK(messageCount: 1)))
        #expect(two.shot === second && two.answer == .success(.queuePurgeOK(messageCount: 2)))
        #expect(calls.isEmpty == true)
    }

    @Test("counts a step of the set-up without anybody waiting for it")
    func steps() throws {
        var calls = CallQueue()
        let shot = Shot()
        calls.sent(.basicQos(prefetch: 1), nil)
        calls.sent(.basicGet(queue: "q"), shot)
        #expect(try calls.answered(.basicQosOK) == nil)
        #expect(try calls.answered(.basicGetEmpty)?.shot === shot)
    }

    @Test("accepts a message or an empty queue as the answer to a get, and nothing else")
    func get() throws {
        let message = IncomingMessage(envelope: ServerMethodTests.envelope, message: AMQPMessage("x"))
        for reply in [CallReply.message(message), .basicGetEmpty] {
            var calls = CallQueue()
            calls.sent(.basicGet(queue: "q"), Shot())
            #expect(try calls.answered(reply)?.answer == .success(reply))
        }
        var calls = CallQueue()
        calls.sent(.basicGet(queue: "q"), Shot())
        #expect(throws: WireError("the answer txSelectOK to basic.get 'q'")) { try calls.answered(.txSelectOK) }
    }

    @Test("refuses an answer to what was not asked, or to another question")
    func unasked() throws {
        var calls = CallQueue()
        #expect(throws: WireError("an answer (qosOK) to a question that was not asked")) {
            try calls.answered(.basicQosOK)
        }
        calls.sent(.queueBind(AMQPBinding(from: "e", to: "q", routingKey: "")), Shot())
        #expect(throws: WireError("the answer queueUnbindOK to queue.bind 'e' -> 'q'")) {
            try calls.answered(.queueUnbindOK)
        }
    }

    @Test("waits for no answer to methods that have none")
    func withoutAnswer() {
        let reason = MethodGoldenTests.reason
        for method in [
            ClientMethod.basicAck(tag: 1, multiple: false), .basicNack(tag: 1, multiple: false, requeue: false),
            .basicReject(tag: 1, requeue: false), .channelFlowOK(active: true),
            .channelOpen, .channelClose(reason), .channelCloseOK, .connectionClose(reason), .connectionCloseOK,
        ] {
            var calls = CallQueue()
            calls.sent(method, Shot())
            #expect(calls.isEmpty == true, "\(method)")
        }
    }

    @Test("pairs every method with the answer of its own kind")
    func pairs() throws {
        let binding = AMQPBinding(from: "", to: "", routingKey: "")
        let methods: [ClientMethod] = [
            .exchangeDeclare(AMQPExchange("", .topic), passive: false), .exchangeDelete(name: "", ifUnused: false),
            .exchangeBind(binding), .exchangeUnbind(binding), .queueDeclare(AMQPQueue("", .quorum), passive: true),
            .queueBind(binding), .queueUnbind(binding), .queuePurge(name: ""),
            .queueDelete(name: "", ifUnused: true, ifEmpty: true), .basicQos(prefetch: 1),
            .basicConsume(queue: "", consumerTag: "", exclusive: false, arguments: [:]), .basicCancel(consumerTag: ""),
            .basicGet(queue: ""), .basicRecover(requeue: true), .confirmSelect, .txSelect, .txCommit, .txRollback,
        ]
        let replies = ServerMethodTests.replies.map(\.1)
        #expect(methods.count == replies.count)
        for method in methods {
            let accepted = replies.filter { reply in
                var calls = CallQueue()
                calls.sent(method, nil)
                return (try? calls.answered(reply)) != nil || calls.isEmpty
            }
            #expect(accepted.count == 1, "\(method)")
        }
    }

    @Test("blames the oldest call for the channel's end, and tells the others that they were never looked at")
    func failed() {
        var calls = CallQueue()
        let shots = (0..<3).map { _ in Shot() }
        calls.sent(.basicQos(prefetch: 1), nil)
        for shot in shots { calls.sent(.txSelect, shot) }
        let first = AMQPError(.notFound, "no queue")
        let others = AMQPError(.channelClosed, "no queue")
        var resolutions: [CallQueue.Resolution] = []
        calls.failed(first, others: others, into: &resolutions)
        #expect(resolutions.map(\.answer) == Array(repeating: .failure(others), count: 3))
        #expect(calls.isEmpty == true)

        for shot in shots { calls.sent(.txSelect, shot) }
        resolutions = []
        calls.failed(first, others: others, into: &resolutions)
        #expect(resolutions.map(\.answer) == [.failure(first), .failure(others), .failure(others)])
        #expect(zip(resolutions, shots).allSatisfy { $0.shot === $1 })
    }
}
