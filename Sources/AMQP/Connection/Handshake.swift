/// The opening of a connection (AMQP 0-9-1, section 2.2.4) as a value: start, tune, open.
struct Handshake: ~Copyable {
    enum Action: Equatable {
        case send([ClientMethod])
        case opened(Negotiated)
        case fail(AMQPError)
    }

    /// What a finished handshake agreed on.
    struct Negotiated: Equatable {
        let tuning: Tuning
        let server: AMQPTable
    }

    private enum State {
        case awaitingStart
        case awaitingTune(ServerGreeting, challenged: Bool)
        case awaitingOpenOK(Negotiated)
        case finished
    }

    private let login: Login
    private var state = State.awaitingStart

    init(_ login: Login) {
        self.login = login
    }

    mutating func received(_ method: ServerMethod) -> Action {
        switch (state, method) {
        case (.awaitingStart, .connectionStart(let greeting)):
            return start(greeting)
        case (.awaitingTune(let greeting, _), .connectionTune(let proposal)):
            return tune(greeting, proposal)
        case (.awaitingOpenOK(let negotiated), .connectionOpenOK):
            state = .finished
            return .opened(negotiated)
        case (_, .connectionClose(let reason)):
            let error = refusal(reason)
            state = .finished
            return .fail(error)
        // An empty challenge asks for the first response, which a server may not have looked at (RFC 4422, 5.1).
        case (.awaitingTune(let greeting, challenged: false), .connectionSecure(challenge: [])):
            state = .awaitingTune(greeting, challenged: true)
            return .send([.connectionSecureOK(response: login.response)])
        case (.awaitingTune, .connectionSecure):
            return fail(
                .notSupported,
                "\(login.host) asks for a second login step, which \(login.mechanism) does not have"
            )
        default:
            return fail(.protocolViolation, "\(login.host) sent an unexpected method \(step)")
        }
    }

    /// The peer closed the connection without a word.
    ///
    /// Brokers of before 3.2 refuse a login so; one that dies at that moment does the same, and must be tried again.
    mutating func endOfStream() -> AMQPError {
        defer { state = .finished }
        switch state {
        case .awaitingTune:
            return AMQPError(
                .unreachable,
                "\(login.host) closed the connection at the login of user '\(login.credentials.user)'"
            )
        default:
            return AMQPError(.unreachable, "\(login.host) closed the connection \(step)")
        }
    }

    /// Where the handshake stands, for errors.
    var step: String {
        switch state {
        case .awaitingStart: "before it greeted (connection.start)"
        case .awaitingTune: "during the login, before connection.tune"
        case .awaitingOpenOK: "while opening virtual host '\(login.vhost)'"
        case .finished: "after the handshake"
        }
    }

    // MARK: - Steps

    private mutating func start(_ greeting: ServerGreeting) -> Action {
        guard greeting.versionMajor == 0, greeting.versionMinor == 9 else {
            return fail(
                .protocolViolation,
                "\(login.host) speaks AMQP \(greeting.versionMajor)-\(greeting.versionMinor), not 0-9-1"
            )
        }
        guard greeting.mechanisms.contains(login.mechanism) else {
            let offered = greeting.mechanisms.joined(separator: ", ")
            return fail(.loginRefused, "\(login.host) does not offer login by \(login.mechanism), only by \(offered)")
        }
        state = .awaitingTune(greeting, challenged: false)
        return .send([
            .connectionStartOK(
                clientProperties: login.clientProperties,
                mechanism: login.mechanism,
                response: login.response
            )
        ])
    }

    private mutating func tune(_ greeting: ServerGreeting, _ proposal: Tuning) -> Action {
        let tuning = Tuning(
            channelMax: Self.agree(login.tuning.channelMax, proposal.channelMax, unlimited: .max),
            frameMax: Self.agree(login.tuning.frameMax, proposal.frameMax, unlimited: .max),
            // Zero is no limit here but the wish to have none.
            heartbeat: min(login.tuning.heartbeat, proposal.heartbeat == 0 ? .max : proposal.heartbeat)
        )
        guard tuning.frameMax >= FrameFormat.minimumFrameMax else {
            return fail(
                .protocolViolation,
                "\(login.host) allows frames of \(tuning.frameMax) bytes; AMQP asks for at least 4096"
            )
        }
        state = .awaitingOpenOK(Negotiated(tuning: tuning, server: greeting.properties))
        return .send([.connectionTuneOK(tuning), .connectionOpen(vhost: login.vhost)])
    }

    /// The smaller of two limits, where zero is none.
    private static func agree<Number: UnsignedInteger>(
        _ ours: Number,
        _ theirs: Number,
        unlimited: Number
    ) -> Number {
        guard ours > 0 else { return theirs > 0 ? theirs : unlimited }
        return theirs > 0 ? min(ours, theirs) : ours
    }

    private func refusal(_ reason: CloseReason) -> AMQPError {
        switch (state, reason.reply.code) {
        case (.awaitingTune, 403):
            AMQPError(
                .loginRefused,
                "\(login.host) refused the login of user '\(login.credentials.user)': \(reason.reply.text)",
                reply: reason.reply
            )
        // A limit of connections is 530 too, and passes.
        case (.awaitingOpenOK, 402), (.awaitingOpenOK, 404),
            (.awaitingOpenOK, 530) where !reason.reply.text.contains("limit"):
            AMQPError(
                .vhostNotFound,
                "\(login.host) does not let user '\(login.credentials.user)' into virtual host '\(login.vhost)': "
                    + reason.reply.text,
                reply: reason.reply
            )
        default:
            AMQPError(
                .unreachable,
                "\(login.host) closed the connection \(step): \(reason.reply)",
                reply: reason.reply
            )
        }
    }

    private mutating func fail(_ code: AMQPError.Code, _ message: String) -> Action {
        state = .finished
        return .fail(AMQPError(code, message))
    }
}
