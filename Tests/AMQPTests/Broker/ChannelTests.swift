import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("A channel for what has no better way")
    struct Channels {
        @Test("An exchange bound to another one passes messages on, until it is unbound")
        func exchangeBindings() async throws {
            try await withClient { client in
                try await client.apply([
                    .exchange("all", .topic), .exchange("orders", .topic), .queue("queue", .classic),
                    .binding("orders", to: "queue", "#"),
                    .binding(AMQPBinding(from: "all", to: "orders", target: .exchange, routingKey: "order.*")),
                ])
                try await client.publish(AMQPMessage("1"), to: "all", routingKey: "order.paid")
                try await client.expectReturn("all", "user.created")
                try await client.withChannel { channel in
                    // A second one, by hand, and both away again.
                    let second = AMQPBinding(from: "all", to: "orders", target: .exchange, routingKey: "user.*")
                    try await channel.bind(second)
                    try await client.publish(AMQPMessage("2"), to: "all", routingKey: "user.created")
                    try await channel.unbind(second)
                    try await client.expectReturn("all", "user.created")
                    try await client.publish(AMQPMessage("3"), to: "all", routingKey: "order.paid")
                    try await channel.unbind(
                        AMQPBinding(from: "all", to: "orders", target: .exchange, routingKey: "order.*")
                    )
                    try await client.expectReturn("all", "order.paid")
                }
                #expect(try await client.drain("queue", count: 3).keys.sorted() == ["1", "2", "3"])
            }
        }

        @Test("A queue that is unbound gets nothing more from that key, and keeps its other bindings")
        func unbind() async throws {
            try await withClient { client in
                try await client.apply([.exchange("events", .direct), .queue("queue", .classic)])
                try await client.withChannel { channel in
                    for key in ["a", "b"] {
                        try await channel.bind(AMQPBinding(from: "events", to: "queue", routingKey: key))
                    }
                    try await channel.unbind(AMQPBinding(from: "events", to: "queue", routingKey: "a"))
                }
                try await client.expectReturn("events", "a")
                try await client.publish(AMQPMessage("b"), to: "events", routingKey: "b")
                #expect(try await client.count("queue") == 1)
            }
        }

        @Test("A binding that was unbound on purpose stays away after a reconnect")
        func unboundStaysAway() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    try await client.apply([
                        .exchange("events", .direct), .queue("queue", .classic),
                        .binding("events", to: "queue", "kept"), .binding("events", to: "queue", "gone"),
                    ])
                    try await client.publish(AMQPMessage("1"), to: "events", routingKey: "gone")
                    try await client.withChannel { channel in
                        try await channel.unbind(AMQPBinding(from: "events", to: "queue", routingKey: "gone"))
                    }
                    try await broker.closeConnections(url)
                    try await eventually("both are back", within: .seconds(20)) { client.hasReconnected }
                    try await client.publish(AMQPMessage("2"), to: "events", routingKey: "kept")
                    try await client.expectReturn("events", "gone")
                }
            }
        }

        @Test("A purge removes what is ready, says how much it was, and leaves what is handed out")
        func purge() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 10)
                try await client.withConsumer(.queue(queue), prefetch: 3) { deliveries in
                    let held = try await deliveries.first(3)
                    let purged = try await client.withChannel { channel in
                        [try await channel.purgeQueue(queue), try await channel.purgeQueue(queue)]
                    }
                    #expect(purged == [7, 0])
                    for delivery in held { try delivery.release() }
                    let bodies = try await deliveries.first(3).map(\.text)
                    #expect(bodies == ["0", "1", "2"])
                }
                #expect(try await client.count(queue) == 3)
            }
        }
    }
}

extension AMQPClient {
    /// Expects that no queue takes a message.
    fileprivate func expectReturn(_ exchange: String, _ routingKey: String) async throws {
        let error = await failure { try await publish(AMQPMessage("?"), to: exchange, routingKey: routingKey) }
        #expect(error?.code == .returned, "\(exchange), \(routingKey): \(String(describing: error))")
    }
}
