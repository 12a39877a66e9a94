import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("A vhost that is deleted under a client")
    struct Vhosts {
        @Test("Everything under way says so, and publisher, consumer and topology are back when the vhost is")
        func deleted() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                let vhost = try AMQPURL(url).vhost
                try await AMQPClient.withClient(url: url, configuration: .patient) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        try await client.publish(AMQPMessage("before"), to: "", routingKey: queue)
                        let old = try await deliveries.first()
                        try await broker.removeVhost(vhost)

                        try await eventually("both connections are refused, and tried again", within: .seconds(20)) {
                            log.all(.disconnected).count { $0.error?.code == .vhostNotFound } >= 4
                        }
                        // With 320 or, where the broker was quicker to hang up than to say so, without a word. Two of the broker's
                        // processes close the connections, one as the vhost stops and one as it is deleted: the quicker has the word.
                        let losses = log.all(.disconnected).filter { $0.error?.code == .connectionLost }
                        #expect(losses.count >= 2)
                        for reply in losses.compactMap(\.error?.reply) {
                            #expect(reply.code == 320, "\(reply)")
                            let texts = ["is down", "is deleted"].map { "vhost '\(vhost)' \($0)" }
                            #expect(texts.contains { reply.text.contains($0) }, "\(reply)")
                        }
                        #expect(try old.ack() == .staleDelivery)

                        try await broker.addVhost(vhost)
                        try await eventually("publishes arrive again", within: .seconds(30)) {
                            await failure {
                                try await client.publish(AMQPMessage("after"), to: "", routingKey: queue)
                            } == nil
                        }
                        #expect(try await deliveries.first().text == "after")
                    }
                    #expect(client.hasReconnected)
                    try await log.first(.subscribed)
                }
            }
        }

        @Test("While it is away each operation ends at its deadline, with the broker's reason")
        func away() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                let vhost = try AMQPURL(url).vhost
                var configuration = AMQPClientConfiguration()
                configuration.operationTimeout = .seconds(2)
                try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    try await client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                    try await broker.removeVhost(vhost)
                    try await eventually("both connections are refused", within: .seconds(20)) {
                        log.all(.disconnected).count { $0.error?.code == .vhostNotFound } >= 2
                    }
                    let errors = [
                        await failure { try await client.publish(AMQPMessage("2"), to: "", routingKey: queue) },
                        await failure { try await client.declare() },
                        await failure { try await client.withConsumer(.queue(queue)) { _ in } },
                        await failure { try await client.withChannel { _ in } },
                    ]
                    for error in errors {
                        #expect(error?.code == .vhostNotFound && error?.message.contains(vhost) == true)
                    }
                    try await broker.addVhost(vhost)
                }
            }
        }
    }
}
