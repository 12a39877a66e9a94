import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("What exists otherwise than declared")
    struct Conflicts {
        @Test("The error says in what a queue or an exchange differs")
        func fields() async throws {
            try await withClient { client in
                try await client.apply([
                    .queue("q", .classic, arguments: AMQPQueueArguments(maxLength: 5)), .queue("quorum", .quorum),
                    .queue("plain", .classic), .exchange("e", .direct),
                ])
                let declarations: [(Topology, String, String?, String?)] = [
                    ([.queue("q", .classic, arguments: .init(maxLength: 10))], "x-max-length", "10", "5"),
                    ([.queue("q", .classic)], "x-max-length", nil, "5"),
                    ([.queue("plain", .classic, arguments: .init(maxLength: 1))], "x-max-length", "1", nil),
                    ([.queue(AMQPQueue("q", .classic, autoDelete: true))], "auto_delete", "true", "false"),
                    ([.queue(AMQPQueue("plain", .classic, durable: false))], "durable", "false", "true"),
                    ([.exchange("e", .topic)], "type", "topic", "direct"),
                    ([.exchange(AMQPExchange("e", .direct, durable: false))], "durable", "false", "true"),
                    ([.exchange(AMQPExchange("e", .direct, internal: true))], "internal", "true", "false"),
                    ([.queue("quorum", .classic)], "x-queue-type", nil, "quorum"),
                ]
                for (topology, argument, expected, actual) in declarations {
                    let error = await failure { try await client.apply(topology) }
                    let conflict = error?.conflict
                    #expect(error?.code == .preconditionFailed, "\(topology)")
                    #expect(conflict?.argument == argument, "\(String(describing: error))")
                    #expect(conflict?.expected == expected || (argument == "x-queue-type"), "\(topology)")
                    #expect(conflict?.actual == actual, "\(topology)")
                }
            }
        }

        @Test("Told so, the client uses what exists, says in what it differs, and goes on after a reconnect")
        func useExisting() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    try await AMQPClient.withClient(url: url) { other in
                        try await other.apply([.queue("q", .classic, arguments: .init(maxLength: 5))])
                    }
                    let log = EventLog(client)
                    let topology: Topology = [
                        .exchange("events", .topic), .queue("q", .classic), .binding("events", to: "q", "#"),
                    ]
                    try await client.apply(topology, onConflict: .useExisting)
                    let event = try await log.first(.entityDiffers)
                    #expect(event.subject.contains("q") && event.error?.conflict?.actual == "5")
                    try await client.publish(AMQPMessage("x"), to: "events", routingKey: "a")
                    #expect(try await client.count("q") == 1)
                    try await broker.closeConnections(url)
                    try await eventually("both are back", within: .seconds(20)) { log.all(.entityDiffers).count == 3 }
                    #expect(log.all(.entityNotRecovered).isEmpty)
                    let error = await failure { try await client.apply(topology) }
                    #expect(error?.conflict?.name == "q")
                }
            }
        }
    }
}
