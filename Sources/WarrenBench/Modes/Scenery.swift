import AMQP

/// The exchange and queues that all measuring programs share.
enum Scenery {
    static let exchange = "bench.ex"

    /// A durable classic queue, which every broker accepts, and its key.
    struct Queue {
        let name: String
        let key: String
        let maxLength: Int32?

        static let publish = Queue(name: "bench.q", key: "bench.a.b", maxLength: 1000)
        static let persistent = Queue(name: "bench.dq", key: "bench.d.b", maxLength: 1000)
        static let consume = Queue(name: "bench.cq", key: "bench.c.b", maxLength: nil)
        static let pingPong = Queue(name: "bench.pq", key: "bench.p.b", maxLength: nil)
    }

    static func declare(_ queue: Queue, _ run: Run, _ client: AMQPClient, fresh: Bool = false) async throws {
        guard !run.isNull else { return }
        try await client.withChannel { channel in
            if fresh { try await channel.deleteQueue(queue.name) }
            try await channel.declareExchange(AMQPExchange(exchange, .topic))
            var arguments = AMQPQueueArguments()
            if let maxLength = queue.maxLength { arguments.other["x-max-length"] = .int32(maxLength) }
            try await channel.declareQueue(
                AMQPQueue(queue.name, .classic, arguments: arguments)
            )
            try await channel.bind(AMQPBinding(from: exchange, to: queue.name, routingKey: queue.key))
        }
    }

    static func message(_ run: Run, _ mode: AMQPProperties.DeliveryMode) -> AMQPMessage {
        AMQPMessage(
            body: Array(repeating: UInt8(ascii: "x"), count: run.size),
            properties: AMQPProperties(deliveryMode: mode)
        )
    }
}
