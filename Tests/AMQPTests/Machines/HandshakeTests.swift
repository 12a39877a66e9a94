import Testing

@testable import AMQP

@Suite("A handshake")
struct HandshakeTests {
    static let greeting = ServerGreeting(
        versionMajor: 0,
        versionMinor: 9,
        properties: ["product": "RabbitMQ"],
        mechanisms: ["AMQPLAIN", "PLAIN"]
    )

    static func login(external: Bool = false, tuning: Tuning = ours) -> Login {
        Login(
            host: "mq:5672",
            credentials: AMQPCredentials(user: "ann", password: "s3cret"),
            vhost: "shop",
            connectionName: "billing",
            tuning: tuning,
            external: external
        )
    }

    static let ours = Tuning(channelMax: 2047, frameMax: 131_072, heartbeat: 20)
    static let theirs = Tuning(channelMax: 100, frameMax: 65_536, heartbeat: 60)

    static func close(_ code: UInt16, _ text: String) -> ServerMethod {
        .connectionClose(CloseReason(reply: AMQPReply(code: code, text: text), classID: 0, methodID: 0))
    }

    /// A handshake that has come to the given step: 0 start, 1 tune, 2 open-ok, 3 finished.
    static func handshake(at step: Int) -> Handshake {
        var handshake = Handshake(login())
        let script: [ServerMethod] = [.connectionStart(greeting), .connectionTune(theirs), .connectionOpenOK]
        for method in script[..<step] { _ = handshake.received(method) }
        return handshake
    }

    @Test("greets, logs in, agrees on limits and opens the virtual host")
    func wholeWay() {
        var handshake = Handshake(Self.login())
        let agreed = Tuning(channelMax: 100, frameMax: 65_536, heartbeat: 20)
        let startOK = ClientMethod.connectionStartOK(
            clientProperties: Self.login().clientProperties,
            mechanism: "PLAIN",
            response: [0] + Array("ann".utf8) + [0] + Array("s3cret".utf8)
        )
        #expect(handshake.received(.connectionStart(Self.greeting)) == .send([startOK]))
        #expect(
            handshake.received(.connectionTune(Self.theirs))
                == .send([.connectionTuneOK(agreed), .connectionOpen(vhost: "shop")])
        )
        #expect(
            handshake.received(.connectionOpenOK)
                == .opened(Handshake.Negotiated(tuning: agreed, server: ["product": "RabbitMQ"]))
        )
    }

    @Test("with a client certificate sends no name and no password")
    func external() {
        var handshake = Handshake(Self.login(external: true))
        let greeting = ServerGreeting(versionMajor: 0, versionMinor: 9, properties: [:], mechanisms: ["EXTERNAL"])
        let startOK = ClientMethod.connectionStartOK(
            clientProperties: Self.login().clientProperties,
            mechanism: "EXTERNAL",
            response: []
        )
        #expect(handshake.received(.connectionStart(greeting)) == .send([startOK]))
    }

    @Test("tells the broker what it understands, and never its password outside the response")
    func properties() {
        let properties = Self.login().clientProperties
        #expect(properties["connection_name"] == "billing")
        guard case .table(let capabilities) = properties["capabilities"] else {
            Issue.record("no capabilities")
            return
        }
        for name in ["basic.nack", "publisher_confirms", "connection.blocked", "consumer_cancel_notify"] {
            #expect(capabilities[name] == true, "\(name)")
        }
        #expect(!"\(properties)".contains("s3cret"))
    }

    @Test("refuses a broker of another version", arguments: [(0, 8), (1, 0), (0, 10)])
    func version(major: UInt8, minor: UInt8) {
        var handshake = Handshake(Self.login())
        let greeting = ServerGreeting(
            versionMajor: major,
            versionMinor: minor,
            properties: [:],
            mechanisms: ["PLAIN"]
        )
        #expect(
            handshake.received(.connectionStart(greeting))
                == .fail(AMQPError(.protocolViolation, "mq:5672 speaks AMQP \(major)-\(minor), not 0-9-1"))
        )
    }

    @Test("refuses a broker that does not offer its login, and says what it offers")
    func mechanism() {
        var handshake = Handshake(Self.login(external: true))
        #expect(
            handshake.received(.connectionStart(Self.greeting))
                == .fail(
                    AMQPError(
                        .loginRefused,
                        "mq:5672 does not offer login by EXTERNAL, only by AMQPLAIN, PLAIN"
                    )
                )
        )
    }
}
