import Testing

@testable import AMQP

@Suite("A server method is decoded")
struct ServerMethodTests {
    static let reply: WireBytes = .joined([.number(404 as UInt16), .shortString("NOT_FOUND"), [0, 60, 0, 20]])
    static let reason = CloseReason(reply: AMQPReply(code: 404, text: "NOT_FOUND"), classID: 60, methodID: 20)
    static let envelope = ContentMethod.Envelope(
        tag: 0x0102_0304_0506_0708,
        redelivered: true,
        exchange: "e",
        routingKey: "k"
    )
    static let tag: WireBytes = [1, 2, 3, 4, 5, 6, 7, 8]

    /// Every method that a broker sends, with all arguments.
    static let all: [(WireBytes, ServerMethod)] =
        connection + channel + content + replies.map { ($0.0, .reply($0.1)) }

    static let connection: [(WireBytes, ServerMethod)] = [
        (
            .method(
                10,
                10,
                [0, 9],
                .table(.entry("product", "S", .longString("RabbitMQ"))),
                .longString("PLAIN  AMQPLAIN"),
                .longString("en_US")
            ),
            .connectionStart(
                ServerGreeting(
                    versionMajor: 0,
                    versionMinor: 9,
                    properties: ["product": "RabbitMQ"],
                    mechanisms: ["PLAIN", "AMQPLAIN"]
                )
            )
        ),
        (.method(10, 20, .longString("challenge")), .connectionSecure(challenge: Array("challenge".utf8))),
        (
            .method(10, 30, [7, 0xFF, 0, 2, 0, 0, 0, 60]),
            .connectionTune(Tuning(channelMax: 2047, frameMax: 131_072, heartbeat: 60))
        ),
        (.method(10, 41, .shortString("")), .connectionOpenOK),
        (.method(10, 50, reply), .connectionClose(reason)),
        (.method(10, 51), .connectionCloseOK),
        (.method(10, 60, .shortString("low on memory")), .connectionBlocked(reason: "low on memory")),
        (.method(10, 61), .connectionUnblocked),
        (.method(10, 71), .connectionUpdateSecretOK),
    ]

    static let channel: [(WireBytes, ServerMethod)] = [
        (.method(20, 11, .longString("")), .channelOpenOK),
        (.method(20, 20, [1]), .channelFlow(active: true)),
        (.method(20, 20, [0]), .channelFlow(active: false)),
        (.method(20, 40, reply), .channelClose(reason)),
        (.method(20, 41), .channelCloseOK),
        (.method(60, 80, tag, [1]), .basicAck(tag: envelope.tag, multiple: true)),
        (.method(60, 80, .number(UInt64.max), [0]), .basicAck(tag: .max, multiple: false)),
        (.method(60, 120, tag, [1]), .basicNack(tag: envelope.tag, multiple: true)),
        (.method(60, 120, tag, [2]), .basicNack(tag: envelope.tag, multiple: false)),
        (.method(60, 30, .shortString("tag"), [1]), .basicCancel(consumerTag: "tag")),
    ]

    static let content: [(WireBytes, ServerMethod)] = [
        (
            .method(60, 60, .shortString("ctag"), tag, [1], .shortString("e"), .shortString("k")),
            .content(.deliver(envelope))
        ),
        (
            .method(60, 71, tag, [1], .shortString("e"), .shortString("k"), [0, 0, 1, 0]),
            .content(.getOK(envelope, remaining: 256))
        ),
        (
            .method(
                60,
                50,
                .number(312 as UInt16),
                .shortString("NO_ROUTE"),
                .shortString("e"),
                .shortString("k")
            ),
            .content(.return(AMQPReply(code: 312, text: "NO_ROUTE"), exchange: "e", routingKey: "k"))
        ),
    ]

    static let replies: [(WireBytes, CallReply)] = [
        (.method(40, 11), .exchangeDeclareOK),
        (.method(40, 21), .exchangeDeleteOK),
        (.method(40, 31), .exchangeBindOK),
        (.method(40, 51), .exchangeUnbindOK),
        (
            .method(50, 11, .shortString("q"), .number(UInt32.max), .number(2 as UInt32)),
            .queueDeclareOK(AMQPQueueStatus(name: "q", messageCount: 4_294_967_295, consumerCount: 2))
        ),
        (.method(50, 21), .queueBindOK),
        (.method(50, 51), .queueUnbindOK),
        (.method(50, 31, [0, 0, 0, 3]), .queuePurgeOK(messageCount: 3)),
        (.method(50, 41, [0, 0, 0, 4]), .queueDeleteOK(messageCount: 4)),
        (.method(60, 11), .basicQosOK),
        (.method(60, 21, .shortString("ctag")), .basicConsumeOK(consumerTag: "ctag")),
        (.method(60, 31, .shortString("ctag")), .basicCancelOK),
        (.method(60, 72, .shortString("")), .basicGetEmpty),
        (.method(60, 111), .basicRecoverOK),
        (.method(85, 11), .confirmSelectOK),
        (.method(90, 11), .txSelectOK),
        (.method(90, 21), .txCommitOK),
        (.method(90, 31), .txRollbackOK),
    ]

    @Test("with all its arguments", arguments: all)
    func decode(payload: WireBytes, method: ServerMethod) throws {
        #expect(try ServerMethod.decoding(payload) == method)
    }

    @Test("also where names are no valid UTF-8: their bytes are replaced, the message is not lost")
    func invalidText() throws {
        let key: WireBytes = [3, 0x61, 0xFF, 0x62]
        let method = try ServerMethod.decoding(.method(60, 60, [0], Self.tag, [0], .shortString("e"), key))
        guard case .content(.deliver(let envelope)) = method else {
            Issue.record("decoded \(method)")
            return
        }
        #expect(envelope.routingKey == "a\u{FFFD}b")
    }

    @Test("with the names of its own, also when the one before had others")
    func repeatedNames() throws {
        var decoder = MethodDecoder()
        for name in ["a", "a", "", "ab", "b", "ö", "o\u{308}", "\u{0}", ""] {
            let payload: WireBytes = .method(60, 60, [0], Self.tag, [0], .shortString(name), .shortString(name))
            let method = try unsafe payload.bytes.withUnsafeBytes { unsafe try decoder.decode($0) }
            guard case .content(.deliver(let envelope)) = method else {
                Issue.record("decoded \(method)")
                return
            }
            #expect(Array(envelope.exchange.utf8) == Array(name.utf8))
            #expect(Array(envelope.routingKey.utf8) == Array(name.utf8))
        }
    }
}
