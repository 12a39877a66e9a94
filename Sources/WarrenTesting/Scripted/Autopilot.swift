/// The answers of a friendly broker that keeps nothing: what a client asks for is granted, what it publishes is acked.
struct Autopilot: Sendable {
    private typealias Frame = ScriptedBroker.Frame

    /// The next delivery tag of each channel in confirm mode.
    private var confirms: [UInt16: UInt64] = [:]
    private var assembler = ContentAssembler()
    private var names = 0

    /// The answers to one frame of the client.
    mutating func answers(to frame: ScriptedBroker.Frame) -> [ScriptedBroker.Frame] {
        if let publish = assembler.feed(frame) { return confirm(publish) }
        guard let method = frame.method, let answer = try? answer(to: method, frame) else { return [] }
        return [answer]
    }

    private mutating func confirm(_ publish: ScriptedBroker.Publish) -> [ScriptedBroker.Frame] {
        guard let tag = confirms[publish.channel] else { return [] }
        confirms[publish.channel] = tag + 1
        return [
            .method(.basicAck, channel: publish.channel) { arguments in
                arguments.longLong(tag)
                arguments.bits(false)
            }
        ]
    }

    private mutating func answer(
        to method: ScriptedBroker.Method,
        _ frame: ScriptedBroker.Frame
    ) throws(WarrenTestingError) -> ScriptedBroker.Frame? {
        let channel = frame.channel
        var arguments = frame.arguments
        switch method {
        case .connectionClose: return .method(.connectionCloseOk)
        case .connectionUpdateSecret: return .method(.connectionUpdateSecretOk)
        case .channelOpen:
            confirms[channel] = nil
            return .method(.channelOpenOk, channel: channel) { $0.longString("") }
        case .channelFlow:
            let isActive = try arguments.bits()[0]
            return .method(.channelFlowOk, channel: channel) { $0.bits(isActive) }
        case .confirmSelect:
            confirms[channel] = confirms[channel] ?? 1
            return try arguments.bits()[0] ? nil : .method(.confirmSelectOk, channel: channel)
        case .exchangeDeclare:
            _ = try arguments.short()
            _ = (try arguments.shortString(), try arguments.shortString())
            return try arguments.bits()[4] ? nil : .method(.exchangeDeclareOk, channel: channel)
        case .exchangeDelete:
            _ = (try arguments.short(), try arguments.shortString())
            return try arguments.bits()[1] ? nil : .method(.exchangeDeleteOk, channel: channel)
        case .exchangeBind: return try bound(&arguments, .exchangeBindOk, channel)
        case .exchangeUnbind: return try bound(&arguments, .exchangeUnbindOk, channel)
        case .queueDeclare:
            _ = try arguments.short()
            let name = named(try arguments.shortString(), "amq.gen-")
            guard try !arguments.bits()[4] else { return nil }
            return .method(.queueDeclareOk, channel: channel) { arguments in
                arguments.shortString(name)
                arguments.long(0)
                arguments.long(0)
            }
        case .queueBind: return try bound(&arguments, .queueBindOk, channel)
        case .queueUnbind: return .method(.queueUnbindOk, channel: channel)
        case .queuePurge:
            _ = (try arguments.short(), try arguments.shortString())
            return try arguments.bits()[0] ? nil : .method(.queuePurgeOk, channel: channel) { $0.long(0) }
        case .queueDelete:
            _ = (try arguments.short(), try arguments.shortString())
            return try arguments.bits()[2] ? nil : .method(.queueDeleteOk, channel: channel) { $0.long(0) }
        case .basicConsume:
            _ = (try arguments.short(), try arguments.shortString())
            let tag = named(try arguments.shortString(), "amq.ctag-")
            return try arguments.bits()[3] ? nil : .method(.basicConsumeOk, channel: channel) { $0.shortString(tag) }
        case .basicCancel:
            let tag = try arguments.shortString()
            return try arguments.bits()[0] ? nil : .method(.basicCancelOk, channel: channel) { $0.shortString(tag) }
        case .basicGet: return .method(.basicGetEmpty, channel: channel) { $0.shortString("") }
        default: return Self.plainAnswers[method].map { .method($0, channel: channel) }
        }
    }

    /// Two names, a routing key, then whether an answer is wanted.
    private func bound(
        _ arguments: inout ScriptedBroker.Reader,
        _ answer: ScriptedBroker.Method,
        _ channel: UInt16
    ) throws(WarrenTestingError) -> ScriptedBroker.Frame? {
        _ = try arguments.short()
        for _ in 0..<3 { _ = try arguments.shortString() }
        return try arguments.bits()[0] ? nil : .method(answer, channel: channel)
    }

    private mutating func named(_ name: String, _ prefix: String) -> String {
        guard name.isEmpty else { return name }
        names += 1
        return "\(prefix)\(names)"
    }

    private static let plainAnswers: [ScriptedBroker.Method: ScriptedBroker.Method] = [
        .channelClose: .channelCloseOk, .basicQos: .basicQosOk, .basicRecover: .basicRecoverOk,
        .txSelect: .txSelectOk, .txCommit: .txCommitOk, .txRollback: .txRollbackOk,
    ]
}
