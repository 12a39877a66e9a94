import Testing

@testable import AMQP

/// What each method is on the wire, written by hand from the AMQP 0-9-1 specification and RabbitMQ's extensions to it.
@Suite("A client method is encoded")
struct MethodGoldenTests {
    static let reason = CloseReason(reply: AMQPReply(code: 200, text: "OK"), classID: 20, methodID: 40)
    /// The deprecated access ticket that many methods begin with.
    static let ticket: WireBytes = [0, 0]

    @Test(
        "of class connection as the specification has it",
        arguments: [
            (
                ClientMethod.connectionStartOK(clientProperties: ["a": "b"], mechanism: "PLAIN", response: [0, 1, 0]),
                WireBytes.method(
                    10,
                    11,
                    .table(.entry("a", "S", .longString("b"))),
                    .shortString("PLAIN"),
                    .longString([0, 1, 0]),
                    .shortString("en_US")
                )
            ),
            (
                .connectionTuneOK(Tuning(channelMax: 0x0102, frameMax: 0x0304_0506, heartbeat: 0x0708)),
                .method(10, 31, [1, 2, 3, 4, 5, 6, 7, 8])
            ),
            (.connectionOpen(vhost: "/"), .method(10, 40, [1, 0x2F, 0, 0])),
            (.connectionClose(reason), .method(10, 50, [0, 200, 2, 0x4F, 0x4B, 0, 20, 0, 40])),
            (.connectionCloseOK, .method(10, 51)),
            (.connectionSecureOK(response: [0, 1]), .method(10, 21, .longString([0, 1]))),
            (
                .connectionUpdateSecret(secret: [7, 8], reason: "old"),
                .method(10, 70, .longString([7, 8]), .shortString("old"))
            ),
            (.connectionUpdateSecret(secret: [], reason: ""), .method(10, 70, .longString([]), .shortString(""))),
        ]
    )
    func connection(method: ClientMethod, payload: WireBytes) throws {
        #expect(try method.payload(channel: 0) == payload)
    }

    @Test(
        "of class channel as the specification has it",
        arguments: [
            (ClientMethod.channelOpen, WireBytes.method(20, 10, [0])),
            (.channelFlowOK(active: true), .method(20, 21, [1])),
            (.channelFlowOK(active: false), .method(20, 21, [0])),
            (.channelClose(reason), .method(20, 40, [0, 200, 2, 0x4F, 0x4B, 0, 20, 0, 40])),
            (.channelCloseOK, .method(20, 41)),
            (.confirmSelect, .method(85, 10, [0])),
            (.txSelect, .method(90, 10)),
            (.txCommit, .method(90, 20)),
            (.txRollback, .method(90, 30)),
        ]
    )
    func channel(method: ClientMethod, payload: WireBytes) throws {
        #expect(try method.payload(channel: 0xFFFE) == payload)
    }

    @Test(
        "of class exchange as the specification has it",
        arguments: [
            (
                ClientMethod.exchangeDeclare(AMQPExchange("e", .topic), passive: false),
                WireBytes.method(40, 10, ticket, .shortString("e"), .shortString("topic"), [0b00010], .table())
            ),
            (
                .exchangeDeclare(AMQPExchange("e", .direct, durable: false), passive: true),
                .method(40, 10, ticket, .shortString("e"), .shortString("direct"), [0b00001], .table())
            ),
            (
                .exchangeDeclare(
                    AMQPExchange(
                        "",
                        .plugin("x-hash"),
                        durable: false,
                        autoDelete: true,
                        internal: true,
                        arguments: ["n": 1]
                    ),
                    passive: false
                ),
                .method(
                    40,
                    10,
                    ticket,
                    .shortString(""),
                    .shortString("x-hash"),
                    [0b01100],
                    .table(.entry("n", "l", .number(1 as Int64)))
                )
            ),
            (.exchangeDelete(name: "e", ifUnused: true), .method(40, 20, ticket, .shortString("e"), [1])),
            (.exchangeDelete(name: "e", ifUnused: false), .method(40, 20, ticket, .shortString("e"), [0])),
            (
                .exchangeBind(AMQPBinding(from: "s", to: "d", target: .exchange, routingKey: "k")),
                .method(
                    40,
                    30,
                    ticket,
                    .shortString("d"),
                    .shortString("s"),
                    .shortString("k"),
                    [0],
                    .table()
                )
            ),
            (
                .exchangeUnbind(AMQPBinding(from: "s", to: "d", target: .exchange, routingKey: "k")),
                .method(
                    40,
                    40,
                    ticket,
                    .shortString("d"),
                    .shortString("s"),
                    .shortString("k"),
                    [0],
                    .table()
                )
            ),
        ]
    )
    func exchange(method: ClientMethod, payload: WireBytes) throws {
        #expect(try method.payload() == payload)
    }
}
