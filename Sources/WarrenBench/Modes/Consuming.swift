import AMQP

extension Run {
    private static let prefetch = 500

    /// From the subscription to the last ack and one more round trip.
    func consumeAcking(_ client: AMQPClient, coalescing: Bool) async throws -> Result {
        if !isNull { try await fill(client) }
        // Both connections are open before the clock starts.
        try await client.apply(Topology([.exchange(Scenery.exchange, .topic)]))
        let measurement = Measurement()
        try await client.withConsumer(
            .queue(Scenery.Queue.consume.name),
            prefetch: Self.prefetch,
            coalescingAcks: coalescing ? .automatic : .none
        ) { deliveries in
            var left = count
            for try await delivery in deliveries {
                guard delivery.body.count == size else { throw BenchError("a message of another size") }
                try delivery.ack()
                left -= 1
                if left == 0 { break }
            }
            guard left == 0 else { throw BenchError("the deliveries ended early") }
        }
        // Closing the consumer was the round trip: its answer comes after the acks were read.
        return measurement.result(self)
    }

    private func fill(_ client: AMQPClient) async throws {
        try await Scenery.declare(.consume, self, client, fresh: true)
        let message = Scenery.message(self, .transient)
        for _ in 0..<count {
            _ = try await client.send(
                message,
                to: Scenery.exchange,
                routingKey: Scenery.Queue.consume.key,
                mandatory: false
            )
        }
        try await client.waitForConfirms()
    }

    /// Publish, deliver, ack of one message at a time.
    func pingPong(_ client: AMQPClient) async throws -> Result {
        try await Scenery.declare(.pingPong, self, client)
        let message = Scenery.message(self, .transient)
        return try await client.withChannel(for: .publishing) { channel in
            if !isNull { try await channel.purgeQueue(Scenery.Queue.pingPong.name) }
            return try await client.withConsumer(
                .queue(Scenery.Queue.pingPong.name),
                prefetch: Self.prefetch
            ) { deliveries in
                var latencies: [Double] = []
                latencies.reserveCapacity(count)
                var iterator = deliveries.makeAsyncIterator()
                let measurement = Measurement()
                for _ in 0..<count {
                    let start = Measurement.now()
                    try await channel.publish(
                        message,
                        to: Scenery.exchange,
                        routingKey: Scenery.Queue.pingPong.key
                    )
                    guard let delivery = try await iterator.next() else {
                        throw BenchError("the deliveries ended early")
                    }
                    try delivery.ack()
                    latencies.append(Measurement.now() - start)
                }
                return measurement.result(self, latencies: latencies)
            }
        }
    }
}
