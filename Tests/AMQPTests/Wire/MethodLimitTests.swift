import Testing
import WarrenRuntime

@testable import AMQP

@Suite("A client method that cannot be encoded")
struct MethodLimitTests {
    private static let long = String(repeating: "x", count: 256)

    private static func error(_ method: ClientMethod, frameMax: Int = 131_072) -> AMQPError? {
        do throws(AMQPError) {
            _ = try method.encoded(frameMax: frameMax)
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "because a name is longer than 255 bytes says which",
        arguments: [
            (ClientMethod.connectionOpen(vhost: long), "virtual host"),
            (.connectionStartOK(clientProperties: [:], mechanism: long, response: []), "SASL mechanism"),
            (
                .channelClose(CloseReason(reply: AMQPReply(code: 1, text: long), classID: 0, methodID: 0)),
                "reply text"
            ),
            (.exchangeDeclare(AMQPExchange(long, .topic), passive: false), "exchange"),
            (.exchangeDeclare(AMQPExchange("e", .plugin(long)), passive: false), "exchange type"),
            (.exchangeDelete(name: long, ifUnused: false), "exchange"),
            (.exchangeBind(AMQPBinding(from: long, to: "", routingKey: "")), "exchange"),
            (.exchangeUnbind(AMQPBinding(from: "", to: long, routingKey: "")), "exchange"),
            (.queueDeclare(AMQPQueue(long, .classic), passive: false), "queue"),
            (.queueBind(AMQPBinding(from: "", to: "", routingKey: long)), "routing key"),
            (.queueUnbind(AMQPBinding(from: long, to: "", routingKey: "")), "exchange"),
            (.queuePurge(name: long), "queue"),
            (.queueDelete(name: long, ifUnused: false, ifEmpty: false), "queue"),
            (.basicConsume(queue: "", consumerTag: long, exclusive: false, arguments: [:]), "consumer tag"),
            (.basicCancel(consumerTag: long), "consumer tag"),
            (.basicGet(queue: long), "queue"),
        ]
    )
    func longNames(method: ClientMethod, field: String) {
        #expect(Self.error(method) == AMQPError(.invalidArgument, "\(field) has 256 bytes; AMQP allows at most 255"))
    }

    @Test("counts bytes, not letters, and allows 255 of them")
    func bytesNotLetters() throws {
        let letters = String(repeating: "ö", count: 127)
        #expect(try ClientMethod.queuePurge(name: letters + "x").payload().bytes.count == 4 + 2 + 256 + 1)
        #expect(Self.error(.queuePurge(name: letters + "xy"))?.message.contains("256 bytes") == true)
    }

    @Test("because of a key over 255 bytes, at any depth, which the C library would cut without a word")
    func longKeys() {
        let key = AMQPError(.invalidArgument, "table key has 256 bytes; AMQP allows at most 255")
        var arguments: AMQPTable = [Self.long: true]
        for _ in 0..<3 {
            #expect(
                Self.error(.basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: arguments)) == key
            )
            arguments = ["deeper": .array([.table(arguments)])]
        }
    }

    @Test("because a table nests too deep")
    func tooDeep() throws {
        func consume(_ depth: Int, _ innermost: AMQPTable) -> ClientMethod {
            var table = innermost
            for _ in 1..<depth { table = ["t": .table(table)] }
            return .basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: table)
        }
        let error = AMQPError(.invalidArgument, "a table nests deeper than 32 levels")
        #expect(Self.error(consume(32, ["x": 1])) == nil)
        #expect(Self.error(consume(33, ["x": 1])) == error)
        #expect(Self.error(consume(32, [:])) == nil)
        #expect(Self.error(consume(33, [:])) == error)
        #expect(Self.error(consume(32, ["x": .array([])])) == error)
        #expect(Self.error(consume(10_000, [:])) == error)
    }

    @Test(
        "because of a number that is not finite, at any depth, over which RabbitMQ would close the connection",
        arguments: [
            (.float(.infinity), "inf"), (.float(-.infinity), "-inf"), (.float(.nan), "nan"),
            (.double(.infinity), "inf"), (.double(-.infinity), "-inf"), (.double(.nan), "nan"),
        ] as [(AMQPValue, String)]
    )
    func notFinite(number: AMQPValue, text: String) {
        let error = AMQPError(.invalidArgument, "a table holds the number '\(text)'; RabbitMQ reads finite ones only")
        var arguments: AMQPTable = ["n": number]
        for _ in 0..<3 {
            #expect(
                Self.error(.basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: arguments)) == error
            )
            arguments = ["deeper": .array([.table(arguments)])]
        }
    }

    @Test("because it does not fit a frame says how much that is")
    func tooLarge() throws {
        func consume(_ size: Int) -> ClientMethod {
            let text = String(repeating: "x", count: size)
            return .basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: ["a": .string(text)])
        }
        let error = AMQPError(
            .invalidArgument,
            "the arguments do not fit a frame; this connection allows 4096 bytes"
        )
        let overhead = try consume(0).encoded().count
        #expect(try consume(4096 - overhead).encoded(frameMax: 4096).count == 4096)
        #expect(Self.error(consume(4097 - overhead), frameMax: 4096) == error)
        #expect(Self.error(consume(1_000_000), frameMax: 4096) == error)
    }

    @Test("leaves the outbox as it was, and the encoder able to go on")
    func nothingAppended() throws {
        var encoder = MethodEncoder()
        var buffer = ByteBuffer()
        try encoder.append(.confirmSelect, channel: 1, frameMax: 4096, to: &buffer)
        let before = buffer.array
        let large = AMQPTable((0..<1000).map { AMQPTable.Entry(key: "k\($0)", value: .string("value \($0)")) })
        for method in [
            ClientMethod.queuePurge(name: Self.long),
            .basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: large),
        ] {
            #expect(throws: AMQPError.self) {
                try encoder.append(method, channel: 1, frameMax: 4096, to: &buffer)
            }
            #expect(buffer.array == before)
        }
        try encoder.append(.txSelect, channel: 1, frameMax: 4096, to: &buffer)
        #expect(try buffer.array == before + ClientMethod.txSelect.encoded())
    }

    @Test("of any size that fits is encoded whole", arguments: [500, 512, 520, 4000, 32_000, 130_000])
    func sizes(size: Int) throws {
        let text = String(repeating: "x", count: size)
        let payload = try ClientMethod.connectionStartOK(
            clientProperties: ["a": .string(text)],
            mechanism: "PLAIN",
            response: []
        ).payload()
        #expect(
            payload
                == .method(
                    10,
                    11,
                    .table(.entry("a", "S", .longString(text))),
                    .shortString("PLAIN"),
                    .longString(""),
                    .shortString("en_US")
                )
        )
    }
}
