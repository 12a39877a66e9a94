import Testing

@testable import AMQP

@Suite("A topology")
struct TopologyNameTests {
    @Test(
        "with a queue without a name is refused before anything is declared",
        arguments: [
            [.queue("", .quorum)], [.exchange("events", .topic), .binding("events", to: "", "#")],
        ] as [Topology]
    )
    func nameless(topology: Topology) async throws {
        // It never runs, so whatever is declared waits for its deadline.
        var configuration = AMQPClientConfiguration()
        configuration.operationTimeout = .milliseconds(10)
        let client = try AMQPClient(url: "amqp://localhost", configuration: configuration)
        let error = await failure { try await client.apply(topology) }
        #expect(error?.code == .invalidArgument && error?.message.contains("without a name") == true)
    }

    @Test("with a name everywhere, or an exchange bound to the default one, is left to the broker")
    func named() throws {
        let binding = AMQPBinding(from: "a", to: "", target: .exchange, routingKey: "#")
        let topology = Topology([.exchange("a", .topic), .queue("q", .quorum), .binding(binding)])
        for entity in topology.entities { try entity.checkName() }
    }
}
