import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("What a consumer asks for is on the wire")
    struct ConsumerOptionWire {
        @Test("Tag, no-local, no-ack, exclusive and arguments")
        func options() async throws {
            try await withScript(serving { _, _ in false }) { client, broker in
                try await client.withConsumer(
                    "q",
                    acknowledgement: .automatic,
                    exclusive: true,
                    noLocal: true,
                    consumerTag: "mine",
                    arguments: AMQPConsumerArguments(priority: 3)
                ) { _ in }
                let consume = try #require(broker.connections.flatMap { $0.frames(.basicConsume) }.first)
                var arguments = consume.arguments
                _ = try arguments.short()
                #expect(try arguments.shortString() == "q")
                #expect(try arguments.shortString() == "mine")
                #expect(try arguments.bits().prefix(4) == [true, true, true, false])
                #expect(try arguments.table()["x-priority"] != nil)
            }
        }

        @Test("A message without acks that cannot be read is reported, and rejected by nobody")
        func undecodable() async throws {
            let script = serving { frame, connection in
                guard frame.method == .basicConsume else { return false }
                connection.send(.basicConsumeOk, channel: frame.channel) { $0.shortString("tag") }
                var large = ScriptedBroker.Delivery(
                    channel: frame.channel,
                    consumerTag: "tag",
                    tag: 1,
                    body: [UInt8](repeating: 1, count: 100)
                )
                connection.sendDelivery(large)
                large.tag = 2
                large.body = [2]
                connection.sendDelivery(large)
                return true
            }
            var configuration = AMQPClientConfiguration.impatient
            configuration.maximumMessageSize = 10
            try await withScript(script, configuration) { client, broker in
                let log = EventLog(client)
                try await client.withConsumer("q", acknowledgement: .automatic) { deliveries in
                    let delivery = try await deliveries.first()
                    #expect(delivery.body == [2])
                }
                try await log.first(.undecodable)
                #expect(broker.connections.flatMap { $0.frames(.basicReject) }.isEmpty)
            }
        }
    }
}
