import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("What is published arrives as it was")
    struct RoundTrip {
        /// The frame-max that RabbitMQ and the client agree on by default.
        static let frameMax = 131_072
        static let sizes = [
            0, 1, 255, 65_535, 65_536, 65_537, frameMax - 9, frameMax - 8, frameMax - 7, 2 * (frameMax - 8),
            2 * (frameMax - 8) + 1, 8 << 20,
        ]

        @Test("Bodies of every size, around the bounds of frames and up to 8 MiB")
        func bodies() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.withConsumer(.queue(queue)) { deliveries in
                    for size in Self.sizes {
                        let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                        try await client.publish(AMQPMessage(body: body), to: "", routingKey: queue)
                        let delivery = try await deliveries.first()
                        #expect(delivery.body == body, "a body of \(size) bytes")
                        try delivery.ack()
                    }
                }
            }
        }

        @Test("Bodies of every size, in frames of 4,096 bytes")
        func smallFrames() async throws {
            var configuration = AMQPClientConfiguration()
            configuration.frameMax = 4096
            try await withClient(configuration) { client in
                let queue = try await client.declare()
                for size in [0, 1, 4087, 4088, 4089, 8176, 8177, 65_537, 1 << 20] {
                    let body = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 17 &+ $0 >> 8) }
                    try await client.publish(AMQPMessage(body: body), to: "", routingKey: queue)
                    let fetched = try await client.withChannel { channel in
                        let fetched = try await channel.get(queue)
                        if let fetched { try channel.ack(fetched) }
                        return fetched
                    }
                    #expect(fetched?.message.body == body, "a body of \(size) bytes")
                }
            }
        }

        @Test("Every property")
        func properties() async throws {
            let properties = AMQPProperties(
                contentType: "application/json",
                contentEncoding: "gzip",
                headers: ["key": "value"],
                deliveryMode: .transient,
                priority: 9,
                correlationID: "correlation",
                replyTo: "reply",
                expiration: "60000",
                messageID: "message",
                timestamp: 1_700_000_000,
                type: "type",
                userID: "guest",
                appID: "app",
                clusterID: "cluster"
            )
            #expect(try await roundTrip(AMQPMessage("all", properties: properties)).properties == properties)
        }

        @Test("No property at all")
        func noProperties() async throws {
            let message = AMQPMessage("none", properties: AMQPProperties(deliveryMode: nil))
            #expect(try await roundTrip(message, mandatory: false) == message)
        }

        @Test("A mandatory message without an id carries the client's stamp, and is otherwise as it was")
        func stamped() async throws {
            let message = AMQPMessage("stamped", properties: AMQPProperties(headers: ["key": 1], appID: "app"))
            var arrived = try await roundTrip(message)
            #expect(arrived.properties.headers.map(\.key) == ["key", "warren-publish"])
            arrived.properties.headers["warren-publish"] = nil
            #expect(arrived == message)
        }

        @Test("Every type of header")
        func headers() async throws {
            let headers: AMQPTable = [
                "bool": true, "int8": .int8(-8), "uint8": .uint8(8), "int16": .int16(-16), "uint16": .uint16(16),
                "int32": .int32(-32), "uint32": .uint32(32), "int64": .int64(.min), "uint64": .uint64(64),
                "float": .float(1.5), "double": .double(-2.25), "decimal": .decimal(scale: 2, value: 314),
                "string": "Füchse, 狐, 🦊", "empty": "", "bytes": .bytes([0, 255, 128]),
                "time": .timestamp(1_700_000_000),
                "array": .array([1, "two", .array([]), .table(["three": .void])]), "table": .table(["a": .table([:])]),
                "void": .void,
            ]
            let message = AMQPMessage("headers", properties: AMQPProperties(headers: headers, messageID: "1"))
            var expected = headers
            // Sent as a signed number, because brokers differ in how they read `L`.
            expected["uint64"] = .int64(64)
            // RabbitMQ 4 puts them in the order of their keys.
            let arrived = try await roundTrip(message).properties.headers
            #expect(arrived.sorted { $0.key < $1.key } == expected.sorted { $0.key < $1.key })
        }

        @Test("What belongs to the delivery: exchange, key, redelivered")
        func envelope() async throws {
            try await withClient { client in
                try await client.apply(
                    Topology([
                        .exchange("events", .topic),
                        .queue("queue", .quorum),
                        .binding("events", to: "queue", "order.*"),
                    ])
                )
                try await client.publish(AMQPMessage("paid"), to: "events", routingKey: "order.paid")
                try await client.withConsumer("queue") { deliveries in
                    let first = try await deliveries.first()
                    #expect(first.exchange == "events" && first.routingKey == "order.paid" && !first.redelivered)
                    try first.release()
                    let second = try await deliveries.first()
                    #expect(second.text == "paid" && second.redelivered && second.deliveryTag == 2)
                    try second.ack()
                }
            }
        }

        @Test("Texts that are too long for AMQP are refused by name, and nothing else is disturbed")
        func tooLong() async throws {
            let long = String(repeating: "x", count: 256)
            try await withClient { client in
                let queue = try await client.declare()
                let key = await failure { try await client.publish(AMQPMessage(""), to: "", routingKey: long) }
                #expect(key?.code == .invalidArgument && key?.message.contains("routing key") == true)
                let type = AMQPMessage("", properties: AMQPProperties(type: long))
                let error = await failure { try await client.publish(type, to: "", routingKey: queue) }
                #expect(error?.code == .invalidArgument && error?.message.contains("type") == true)
                let name = await failure { try await client.declare(long) }
                #expect(name?.code == .invalidArgument)
                let huge: AMQPTable = ["huge": .bytes([UInt8](repeating: 1, count: 200_000))]
                let header = AMQPMessage("", properties: AMQPProperties(headers: huge))
                let tooLarge = await failure { try await client.publish(header, to: "", routingKey: queue) }
                #expect(tooLarge?.code == .invalidArgument)
                try await client.publish(AMQPMessage("fine"), to: "", routingKey: queue)
                #expect(try await client.count(queue) == 1)
            }
        }

        /// Publishes a message and takes it out again.
        private func roundTrip(_ message: AMQPMessage, mandatory: Bool = true) async throws -> AMQPMessage {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.publish(message, to: "", routingKey: queue, mandatory: mandatory)
                return try await client.withConsumer(.queue(queue)) { deliveries in
                    let delivery = try await deliveries.first()
                    try delivery.ack()
                    return delivery.message
                }
            }
        }
    }
}
