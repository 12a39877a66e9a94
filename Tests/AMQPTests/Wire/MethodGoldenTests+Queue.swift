import Testing

@testable import AMQP

extension MethodGoldenTests {
    @Test(
        "of class queue as the specification has it",
        arguments: [
            (
                ClientMethod.queueDeclare(AMQPQueue("q", .classic), passive: false),
                WireBytes.method(50, 10, ticket, .shortString("q"), [0b00010], .table())
            ),
            (
                .queueDeclare(AMQPQueue("q", .quorum), passive: true),
                .method(
                    50,
                    10,
                    ticket,
                    .shortString("q"),
                    [0b00011],
                    .table(.entry("x-queue-type", "S", .longString("quorum")))
                )
            ),
            (
                .queueDeclare(
                    AMQPQueue("", .classic, durable: false, exclusive: true, autoDelete: true),
                    passive: false
                ),
                .method(50, 10, ticket, .shortString(""), [0b01100], .table())
            ),
            (
                .queueBind(AMQPBinding(from: "e", to: "q", routingKey: "k.#", arguments: ["x": true])),
                .method(
                    50,
                    20,
                    ticket,
                    .shortString("q"),
                    .shortString("e"),
                    .shortString("k.#"),
                    [0],
                    .table(.entry("x", "t", [1]))
                )
            ),
            (
                .queueUnbind(AMQPBinding(from: "e", to: "q", routingKey: "k")),
                .method(50, 50, ticket, .shortString("q"), .shortString("e"), .shortString("k"), .table())
            ),
            (.queuePurge(name: "q"), .method(50, 30, ticket, .shortString("q"), [0])),
            (
                .queueDelete(name: "q", ifUnused: true, ifEmpty: false),
                .method(50, 40, ticket, .shortString("q"), [0b01])
            ),
            (
                .queueDelete(name: "q", ifUnused: false, ifEmpty: true),
                .method(50, 40, ticket, .shortString("q"), [0b10])
            ),
        ]
    )
    func queue(method: ClientMethod, payload: WireBytes) throws {
        #expect(try method.payload() == payload)
    }

    @Test(
        "of class basic as the specification has it",
        arguments: [
            (ClientMethod.basicQos(prefetch: 500), WireBytes.method(60, 10, [0, 0, 0, 0, 1, 0xF4, 0])),
            (
                .basicConsume(queue: "q", consumerTag: "t", exclusive: true, arguments: [:]),
                .method(60, 20, ticket, .shortString("q"), .shortString("t"), [0b0100], .table())
            ),
            (
                .basicConsume(queue: "q", consumerTag: "", exclusive: false, arguments: ["x-priority": 5]),
                .method(
                    60,
                    20,
                    ticket,
                    .shortString("q"),
                    .shortString(""),
                    [0],
                    .table(.entry("x-priority", "l", .number(5 as Int64)))
                )
            ),
            (.basicCancel(consumerTag: "t"), .method(60, 30, .shortString("t"), [0])),
            (.basicGet(queue: "q"), .method(60, 70, ticket, .shortString("q"), [0])),
            (.basicGet(queue: "q", noAck: true), .method(60, 70, ticket, .shortString("q"), [1])),
            (.basicAck(tag: 0x0102_0304_0506_0708, multiple: true), .method(60, 80, [1, 2, 3, 4, 5, 6, 7, 8, 1])),
            (.basicAck(tag: .max, multiple: false), .method(60, 80, .number(UInt64.max), [0])),
            (.basicReject(tag: 1, requeue: true), .method(60, 90, .number(1 as UInt64), [1])),
            (.basicReject(tag: 1, requeue: false), .method(60, 90, .number(1 as UInt64), [0])),
            (.basicRecover(requeue: true), .method(60, 110, [1])),
            (
                .basicNack(tag: 1, multiple: true, requeue: false),
                .method(60, 120, .number(1 as UInt64), [0b01])
            ),
            (
                .basicNack(tag: 1, multiple: false, requeue: true),
                .method(60, 120, .number(1 as UInt64), [0b10])
            ),
        ]
    )
    func basic(method: ClientMethod, payload: WireBytes) throws {
        #expect(try method.payload() == payload)
    }
}
