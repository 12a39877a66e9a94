import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("Requests to a peer that does odd things")
    struct RequestFaults {
        @Test("Requests and their consumer, which needs no acks, share one channel")
        func oneChannel() async throws {
            try await withScript(serving { _, _ in false }) { client, broker in
                for _ in 0..<2 {
                    let error = await failure {
                        try await client.request(AMQPMessage("x"), to: "", routingKey: "q", timeout: .milliseconds(100))
                    }
                    #expect(error?.code == .timedOut)
                }
                let connection = try #require(broker.connections.first)
                let consume = try #require(connection.frames(.basicConsume).first)
                var arguments = consume.arguments
                _ = try arguments.short()
                #expect(try arguments.shortString() == "amq.rabbitmq.reply-to")
                _ = try arguments.shortString()
                #expect(try arguments.bits()[1])
                #expect(connection.frames(.basicConsume).count == 1)
                #expect(connection.publishes.map(\.channel) == [consume.channel, consume.channel])
                #expect(connection.publishes.allSatisfy { $0.properties.replyTo == "amq.rabbitmq.reply-to" })
                #expect(Set(connection.publishes.map(\.properties.correlationID)).count == 2)
            }
        }

        @Test("The connection goes after the confirm and before the reply: unknown at once, long before the deadline")
        func goesAfterConfirm() async throws {
            let script = serving { frame, connection in
                guard frame.kind == .body else { return false }
                connection.sendAck(channel: frame.channel, tag: 1)
                // The client shall have heard of the confirm before.
                try await Task.sleep(for: .milliseconds(100))
                connection.close()
                return true
            }
            try await withScript(script, .persistent) { client, _ in
                let time = await duration {
                    let error = await failure {
                        try await client.request(AMQPMessage("x"), to: "", routingKey: "q")
                    }
                    #expect(error?.code == .unknown)
                }
                #expect(time < .seconds(10))
            }
        }

        @Test("A refused request says so")
        func refused() async throws {
            let script = serving { frame, connection in
                guard frame.kind == .body else { return false }
                connection.sendNack(channel: frame.channel, tag: 1)
                return true
            }
            try await withScript(script) { client, _ in
                let error = await failure { try await client.request(AMQPMessage("x"), to: "", routingKey: "q") }
                #expect(error?.code == .refused)
            }
        }
    }
}
