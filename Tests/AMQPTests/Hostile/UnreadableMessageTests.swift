import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    /// A message that a consumer on channel 1 cannot be given.
    struct Unreadable: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let frames: [Frame]

        init(_ name: String, _ frames: [Frame]) {
            testDescription = name
            self.frames = frames
        }
    }

    @Suite("A message that cannot be read")
    struct UnreadableMessages {
        private typealias Breach = ProtocolBreach

        static let messages = [
            Unreadable("properties beyond the frame", [Breach.header(flags: 0x8000, [250, 65])]),
            Unreadable(
                "a table of a type that does not exist",
                [Breach.header(flags: 0x2000, Breach.table([1, 65, 0x7A]))]
            ),
            Unreadable("a table nested 10,000 times", [Breach.header(flags: 0x2000, Breach.nestedTables(10_000))]),
            Unreadable("an array nested 10,000 times", [Breach.header(flags: 0x2000, Breach.nestedArrays(10_000))]),
            Unreadable(
                "a body larger than the client accepts",
                Frame.content(
                    channel: 1,
                    properties: .init(),
                    body: [UInt8](repeating: 1, count: 300_000)
                )
            ),
        ]

        @Test("is rejected and reported, and those behind it arrive", arguments: messages)
        func rejected(_ message: Unreadable) async throws {
            let script = serving { frame, connection in
                guard frame.method == .basicConsume else { return false }
                connection.send(.basicConsumeOk, channel: 1) { $0.shortString("tag") }
                connection.send([Breach.deliver] + message.frames)
                connection.sendDelivery(.init(channel: 1, consumerTag: "tag", tag: 2, body: [2]))
                return true
            }
            var configuration = AMQPClientConfiguration.persistent
            configuration.maximumMessageSize = 1000
            try await withScript(script, configuration) { client, broker in
                let log = EventLog(client)
                try await client.withConsumer("q") { deliveries in
                    let delivery = try await deliveries.first()
                    #expect(delivery.body == [2])
                    try delivery.ack()
                    try await eventually("one is acked, one rejected") {
                        let connections = broker.connections
                        return connections.flatMap { $0.frames(.basicAck) }.count == 1
                            && connections.flatMap { $0.frames(.basicReject) }.count == 1
                    }
                    let event = try await log.first(.undecodable)
                    #expect(event.error?.code == .protocolViolation && (event.error?.message.utf8.count ?? 0) < 1000)
                    #expect(log.all(.disconnected).isEmpty)
                }
            }
        }

        @Test("is handed out without its contents to who holds it, and not rejected", arguments: messages)
        func held(_ message: Unreadable) async throws {
            let script = serving { frame, connection in
                guard frame.method == .basicConsume else { return false }
                connection.send(.basicConsumeOk, channel: 1) { $0.shortString("tag") }
                connection.send([Breach.deliver] + message.frames)
                connection.sendDelivery(.init(channel: 1, consumerTag: "tag", tag: 2, body: [2]))
                return true
            }
            var configuration = AMQPClientConfiguration.persistent
            configuration.maximumMessageSize = 1000
            try await withScript(script, configuration) { client, broker in
                let deliveries = try await client.hold("q", prefetch: 10)
                var held: [AMQPDelivery] = []
                while held.count < 2 { held += try await deliveries.next(upTo: 10) }
                #expect(held[0].unreadable != nil && held[0].body.isEmpty)
                #expect(held[1].unreadable == nil && held[1].body == [2])
                try held[0].ack()
                await deliveries.close()
                #expect(broker.connections.flatMap { $0.frames(.basicReject) }.isEmpty)
                #expect(broker.connections.flatMap { $0.frames(.basicAck) }.count == 1)
            }
        }
    }
}
