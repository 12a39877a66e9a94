import Testing

@testable import AMQP

@Suite("A handshake that goes wrong")
struct HandshakeRefusalTests {
    private static func failure(_ action: Handshake.Action) -> AMQPError? {
        if case .fail(let error) = action { error } else { nil }
    }

    @Test("403 at the login is a refused login, with the broker's words and without the password")
    func refusedLogin() throws {
        var handshake = HandshakeTests.handshake(at: 1)
        let error = try #require(
            Self.failure(handshake.received(HandshakeTests.close(403, "ACCESS_REFUSED - no such user")))
        )
        #expect(error.code == .loginRefused)
        #expect(error.message == "mq:5672 refused the login of user 'ann': ACCESS_REFUSED - no such user")
        #expect(error.reply == AMQPReply(code: 403, text: "ACCESS_REFUSED - no such user"))
        #expect(!error.debugDescription.contains("s3cret"))
    }

    @Test("no way into the virtual host is an error of its own", arguments: [402, 404, 530] as [UInt16])
    func refusedVHost(code: UInt16) throws {
        var handshake = HandshakeTests.handshake(at: 2)
        let error = try #require(Self.failure(handshake.received(HandshakeTests.close(code, "NOT_ALLOWED"))))
        #expect(error.code == .vhostNotFound)
        #expect(error.message.contains("'shop'") && error.message.contains("'ann'"))
        #expect(error.reply?.code == code)
    }

    @Test("any other close is a broker that cannot be reached now", arguments: 0...3)
    func otherClose(step: Int) throws {
        var handshake = HandshakeTests.handshake(at: step)
        let error = try #require(
            Self.failure(handshake.received(HandshakeTests.close(320, "CONNECTION_FORCED")))
        )
        #expect(error.code == .unreachable)
        #expect(error.message.contains("320 CONNECTION_FORCED"))
    }

    @Test("a second login step that asks for something new is refused")
    func secure() throws {
        var handshake = HandshakeTests.handshake(at: 1)
        let failure = Self.failure(handshake.received(.connectionSecure(challenge: [1])))
        #expect(failure?.code == .notSupported && failure?.message.contains("PLAIN") == true)
    }

    @Test("an empty challenge is answered with the first response, once")
    func emptyChallenge() throws {
        var handshake = HandshakeTests.handshake(at: 1)
        let response = HandshakeTests.login().response
        #expect(
            handshake.received(.connectionSecure(challenge: [])) == .send([.connectionSecureOK(response: response)])
        )
        #expect(Self.failure(handshake.received(.connectionSecure(challenge: [])))?.code == .notSupported)
    }

    @Test("a method out of turn breaks the protocol", arguments: 0...3)
    func outOfTurn(step: Int) throws {
        let expected: [ServerMethod] = [
            .connectionStart(HandshakeTests.greeting), .connectionTune(HandshakeTests.theirs), .connectionOpenOK,
        ]
        let others = expected + [.connectionCloseOK, .channelOpenOK, .connectionUnblocked, .reply(.basicQosOK)]
        for (index, method) in others.enumerated() where index != step {
            var handshake = HandshakeTests.handshake(at: step)
            let error = try #require(Self.failure(handshake.received(method)))
            #expect(error.code == .protocolViolation, "\(method)")
            #expect(error.message.hasPrefix("mq:5672 sent an unexpected method "), "\(method)")
        }
    }

    @Test("after a failure nothing is expected any more", arguments: 0...2)
    func afterFailure(step: Int) throws {
        var handshake = HandshakeTests.handshake(at: step)
        _ = handshake.received(.connectionBlocked(reason: ""))
        #expect(handshake.step == "after the handshake")
        #expect(Self.failure(handshake.received(.connectionOpenOK))?.code == .protocolViolation)
    }

    @Test(
        "the end of the stream says where it came; it is never a refusal, for a broker that dies does the same",
        arguments: [
            (0, AMQPError.Code.unreachable, "mq:5672 closed the connection before it greeted (connection.start)"),
            (1, .unreachable, "mq:5672 closed the connection at the login of user 'ann'"),
            (2, .unreachable, "mq:5672 closed the connection while opening virtual host 'shop'"),
            (3, .unreachable, "mq:5672 closed the connection after the handshake"),
        ]
    )
    func endOfStream(step: Int, code: AMQPError.Code, message: String) {
        var handshake = HandshakeTests.handshake(at: step)
        #expect(handshake.endOfStream() == AMQPError(code, message))
        #expect(handshake.step == "after the handshake")
    }
}
