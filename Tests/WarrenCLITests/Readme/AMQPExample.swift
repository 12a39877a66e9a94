import AMQP

func exampleOfAMQP(_ url: String) async throws {
    try await AMQPClient.withClient(url: url) { client in
        try await client.apply([
            .exchange("events", .topic),
            .queue("billing", .quorum),
            .binding("events", to: "billing", "order.*"),
        ])
        for number in 1...3 {
            // Returns when the broker has it, and a queue took it; otherwise throws.
            try await client.publish(AMQPMessage("order \(number)"), to: "events", routingKey: "order.paid")
        }
        try await client.withConsumer("billing", prefetch: 50) { deliveries in
            // Goes on over reconnects; ends when the task is cancelled.
            for try await delivery in deliveries {
                print(delivery.routingKey, String(decoding: delivery.body, as: UTF8.self))
                try delivery.ack()
                if String(decoding: delivery.body, as: UTF8.self) == "order 3" { break }
            }
        }
    }
}
