import WarrenRuntime

/// The synchronous methods of one channel that the broker has not answered, oldest first: answers come in that order.
struct CallQueue: ~Copyable {
    typealias Answer = Result<CallReply, AMQPError>
    typealias Resolution = (shot: OneShot<Answer>, answer: Answer)

    private struct Call {
        let expected: CallReply.Kind
        let method: ClientMethod
        let shot: OneShot<Answer>?
    }

    private var calls: [Call] = []

    init() {}

    var isEmpty: Bool { calls.isEmpty }

    /// Whether a message that is the next answer needs no ack.
    var fetchesSettled: Bool {
        if case .basicGet(_, noAck: true) = calls.first?.method { true } else { false }
    }

    /// A call was appended to the outbox.
    ///
    /// `shot` is `nil` for steps of a channel's own set-up.
    mutating func sent(_ method: ClientMethod, _ shot: OneShot<Answer>?) {
        guard let expected = method.expectedReply else { return }
        calls.append(Call(expected: expected, method: method, shot: shot))
    }

    /// The oldest call: the one that the broker is at, or was.
    var first: ClientMethod? { calls.first?.method }

    func contains(where fits: (ClientMethod) -> Bool) -> Bool { calls.contains { fits($0.method) } }

    /// - Throws: when nothing was asked, or something else.
    mutating func answered(_ reply: CallReply) throws(WireError) -> Resolution? {
        guard let call = calls.first else {
            throw WireError("an answer (\(reply.kind)) to a question that was not asked")
        }
        guard call.expected == reply.kind || (call.expected == .message && reply.kind == .getEmpty) else {
            throw WireError("the answer \(reply.kind) to \(call.method.name)")
        }
        calls.removeFirst()
        guard let shot = call.shot else { return nil }
        return (shot, .success(reply))
    }

    /// The channel is gone.
    ///
    /// The oldest call is the one the broker spoke of; the others were never looked at.
    mutating func failed(_ first: AMQPError, others: AMQPError, into resolutions: inout [Resolution]) {
        for (index, call) in calls.enumerated() {
            guard let shot = call.shot else { continue }
            resolutions.append((shot, .failure(index == 0 ? first : others)))
        }
        calls.removeAll()
    }
}

extension CallReply {
    /// An answer without its contents: what a call waits for.
    enum Kind: Sendable, Hashable {
        case exchangeDeclareOK, exchangeDeleteOK, exchangeBindOK, exchangeUnbindOK
        case queueDeclareOK, queueBindOK, queueUnbindOK, queuePurgeOK, queueDeleteOK
        case qosOK, consumeOK, cancelOK, getEmpty, message, recoverOK
        case confirmSelectOK, txSelectOK, txCommitOK, txRollbackOK
    }

    var kind: Kind {
        switch self {
        case .exchangeDeclareOK: .exchangeDeclareOK
        case .exchangeDeleteOK: .exchangeDeleteOK
        case .exchangeBindOK: .exchangeBindOK
        case .exchangeUnbindOK: .exchangeUnbindOK
        case .queueDeclareOK: .queueDeclareOK
        case .queueBindOK: .queueBindOK
        case .queueUnbindOK: .queueUnbindOK
        case .queuePurgeOK: .queuePurgeOK
        case .queueDeleteOK: .queueDeleteOK
        case .basicQosOK: .qosOK
        case .basicConsumeOK: .consumeOK
        case .basicCancelOK: .cancelOK
        case .basicGetEmpty: .getEmpty
        case .basicRecoverOK: .recoverOK
        case .confirmSelectOK: .confirmSelectOK
        case .txSelectOK: .txSelectOK
        case .txCommitOK: .txCommitOK
        case .txRollbackOK: .txRollbackOK
        case .message: .message
        }
    }
}

extension ClientMethod {
    /// The answer this method waits for; `nil` when it has none, or one of its own kind (open, close).
    var expectedReply: CallReply.Kind? {
        switch self {
        case .exchangeDeclare: .exchangeDeclareOK
        case .exchangeDelete: .exchangeDeleteOK
        case .exchangeBind: .exchangeBindOK
        case .exchangeUnbind: .exchangeUnbindOK
        case .queueDeclare: .queueDeclareOK
        case .queueBind: .queueBindOK
        case .queueUnbind: .queueUnbindOK
        case .queuePurge: .queuePurgeOK
        case .queueDelete: .queueDeleteOK
        case .basicQos: .qosOK
        case .basicConsume: .consumeOK
        case .basicCancel: .cancelOK
        case .basicGet: .message
        case .basicRecover: .recoverOK
        case .confirmSelect: .confirmSelectOK
        case .txSelect: .txSelectOK
        case .txCommit: .txCommitOK
        case .txRollback: .txRollbackOK
        case .connectionStartOK, .connectionSecureOK, .connectionUpdateSecret, .connectionTuneOK, .connectionOpen,
            .connectionClose, .connectionCloseOK,
            .channelOpen, .channelFlowOK, .channelClose, .channelCloseOK, .basicAck, .basicNack,
            .basicReject:
            nil
        }
    }

    /// Whether the broker names this method as the cause of a close.
    func led(to reason: CloseReason) -> Bool {
        guard let (classID, methodID) = number else { return false }
        return classID == reason.classID && methodID == reason.methodID
    }

    /// The class and number (AMQP 0-9-1, section 1.3) of a method that a channel's set-up or a topology may have.
    private var number: (UInt16, UInt16)? {
        switch self {
        case .exchangeDeclare: (40, 10)
        case .exchangeBind: (40, 30)
        case .queueDeclare: (50, 10)
        case .queueBind: (50, 20)
        case .basicQos: (60, 10)
        case .basicConsume: (60, 20)
        case .confirmSelect: (85, 10)
        default: nil
        }
    }

    /// The method and what it is about, for errors.
    var name: String {
        switch self {
        case .exchangeDeclare(let exchange, _): "exchange.declare '\(exchange.name)'"
        case .exchangeDelete(let name, _): "exchange.delete '\(name)'"
        case .exchangeBind(let binding): "exchange.bind '\(binding.source)' -> '\(binding.destination)'"
        case .exchangeUnbind(let binding): "exchange.unbind '\(binding.source)' -> '\(binding.destination)'"
        case .queueDeclare(let queue, _): "queue.declare '\(queue.name)'"
        case .queueBind(let binding): "queue.bind '\(binding.source)' -> '\(binding.destination)'"
        case .queueUnbind(let binding): "queue.unbind '\(binding.source)' -> '\(binding.destination)'"
        case .queuePurge(let name): "queue.purge '\(name)'"
        case .queueDelete(let name, _, _): "queue.delete '\(name)'"
        case .basicQos: "basic.qos"
        case .basicConsume(let queue, _, _, _, _, _): "basic.consume '\(queue)'"
        case .basicCancel: "basic.cancel"
        case .basicGet(let queue, _): "basic.get '\(queue)'"
        case .basicRecover: "basic.recover"
        case .confirmSelect: "confirm.select"
        case .txSelect: "tx.select"
        case .txCommit: "tx.commit"
        case .txRollback: "tx.rollback"
        case .channelOpen: "channel.open"
        case .channelClose: "channel.close"
        default: "\(self)".prefix { $0 != "(" }.description
        }
    }
}
