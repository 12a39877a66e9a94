extension ScriptedBroker {
    /// What a scripted broker offers to a client.
    ///
    /// The defaults are those of RabbitMQ.
    public struct Offer: Sendable, Hashable {
        /// The login mechanisms, with spaces between.
        ///
        /// Default: `PLAIN AMQPLAIN`.
        public var mechanisms = "PLAIN AMQPLAIN"
        /// Who the server says it is, and what it can do.
        ///
        /// Default: every capability that clients use.
        public var serverProperties: [String: Value] = [
            "product": "RabbitMQ",
            "version": "3.10.8",
            "capabilities": [
                "publisher_confirms": true,
                "exchange_exchange_bindings": true,
                "basic.nack": true,
                "consumer_cancel_notify": true,
                "connection.blocked": true,
                "consumer_priorities": true,
                "authentication_failure_close": true,
                "per_consumer_qos": true,
                "direct_reply_to": true,
            ],
        ]
        /// The highest channel number; 0 is no limit.
        ///
        /// Default: 2047.
        public var channelMax: UInt16 = 2047
        /// The largest frame in bytes; 0 is no limit.
        ///
        /// Default: 131,072.
        public var frameMax: UInt32 = 131_072
        /// The heartbeat in seconds; 0 is none.
        ///
        /// Default: 60.
        public var heartbeat: UInt16 = 60

        /// What RabbitMQ offers.
        public init() {}
    }

    /// The steps of a login, in their order.
    public enum HandshakeStep: Int, Sendable, Comparable, CaseIterable {
        /// The client has sent the protocol header.
        case header
        /// `connection.start` is sent.
        case start
        /// The client has sent `connection.start-ok`.
        case startOk
        /// `connection.tune` is sent.
        case tune
        /// The client has sent `connection.tune-ok`.
        case tuneOk
        /// The client has sent `connection.open`.
        case open
        /// `connection.open-ok` is sent: the connection is open.
        case openOk

        /// Earlier in the login.
        public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
    }

    /// What a client said during the login, as far as it went.
    public struct Login: Sendable, Hashable {
        /// Who the client says it is, and what it can do.
        public var clientProperties: [String: Value] = [:]
        /// The login mechanism it chose.
        public var mechanism = ""
        /// Its answer in that mechanism; for `PLAIN` a zero, the user, a zero, the password.
        public var response: [UInt8] = []
        /// The highest channel number it agrees to.
        public var channelMax: UInt16 = 0
        /// The largest frame it agrees to.
        public var frameMax: UInt32 = 0
        /// The heartbeat it agrees to, in seconds.
        public var heartbeat: UInt16 = 0
        /// The vhost it opens.
        public var vhost = ""
    }
}

extension ScriptedBroker.Connection {
    /// Leads a client through the login, or up to one step of it; what comes then is the script's affair.
    ///
    /// - Parameters:
    ///   - offer: what the server offers. Default: what RabbitMQ does.
    ///   - last: the last step to take. Default: all of them.
    ///   - limit: how long to wait for each answer of the client. Default: 10 s.
    /// - Returns: what the client said.
    /// - Throws: as ``next(within:)``.
    @discardableResult
    public func handshake(
        _ offer: ScriptedBroker.Offer = ScriptedBroker.Offer(),
        upTo last: ScriptedBroker.HandshakeStep = .openOk,
        within limit: Duration = .seconds(10)
    ) async throws -> ScriptedBroker.Login {
        var login = ScriptedBroker.Login()
        for step in ScriptedBroker.HandshakeStep.allCases where step <= last {
            try await take(step, offer, &login, limit)
        }
        return login
    }

    private func take(
        _ step: ScriptedBroker.HandshakeStep,
        _ offer: ScriptedBroker.Offer,
        _ login: inout ScriptedBroker.Login,
        _ limit: Duration
    ) async throws {
        switch step {
        case .header:
            _ = try await next("the protocol header", within: limit) { $0.kind == .protocolHeader }
        case .start:
            send(.connectionStart) { arguments in
                arguments.octet(0)
                arguments.octet(9)
                arguments.table(offer.serverProperties)
                arguments.longString(offer.mechanisms)
                arguments.longString("en_US")
            }
        case .startOk:
            var arguments = try await next(.connectionStartOk, within: limit).arguments
            login.clientProperties = try arguments.table()
            login.mechanism = try arguments.shortString()
            login.response = try arguments.longString()
        case .tune:
            send(.connectionTune) { arguments in
                arguments.short(offer.channelMax)
                arguments.long(offer.frameMax)
                arguments.short(offer.heartbeat)
            }
        case .tuneOk:
            var arguments = try await next(.connectionTuneOk, within: limit).arguments
            login.channelMax = try arguments.short()
            login.frameMax = try arguments.long()
            login.heartbeat = try arguments.short()
        case .open:
            var arguments = try await next(.connectionOpen, within: limit).arguments
            login.vhost = try arguments.shortString()
        case .openOk:
            send(.connectionOpenOk) { $0.shortString("") }
        }
    }
}
