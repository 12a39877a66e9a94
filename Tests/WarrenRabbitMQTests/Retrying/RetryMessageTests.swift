import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

extension BusTests {
    @Suite("Retries of a message with")
    struct RetryMessages {
        /// Publishes a message to a subscription that fails it twice by way of the ladder, and gives back its dead letter;
        /// nothing else may happen.
        private func deadLetter(of message: AMQPMessage) async throws -> AMQPMessage {
            var result: AMQPMessage?
            try await withBus { bus, url in
                let (log, tries) = (EventLog(bus), Tries())
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: .seconds(1))
                try await bus.subscribe(to: ["poison"], as: "billing", retry: policy) { _, context in
                    tries.begin(context)
                    throw Unlucky()
                }.ready()
                try await withClient(url) { client in
                    // Where a copy would also go if it kept its further addresses.
                    try await client.apply([.queue("elsewhere", .classic)])
                    try await client.publish(message, to: "events", routingKey: "poison")
                    let dead = try await client.take("billing.dead").message
                    try await eventually("it is settled") { bus.statistics.deadLettered == 1 }
                    #expect(try await client.counts("billing", "billing.dead", "elsewhere") == [0, 0, 0])
                    result = dead
                }
                #expect(tries.ofOnlyEvent == [1, 2] && log.all(.notSettled).isEmpty)
                // A refused copy would have closed the channel.
                #expect(log.all(.connection).allSatisfy { $0.reason == nil })
            }
            let dead = try #require(result)
            #expect(dead.body == message.body)
            #expect(dead.properties.headers["warren-attempts"]?.integer == 2)
            #expect(dead.properties.headers["warren-routing-key"]?.string == "poison")
            return dead
        }

        @Test("everything that a broker drops, misroutes or refuses in a careless copy")
        func poison() async throws {
            let headers: AMQPTable = [
                "CC": .array(["elsewhere"]), "BCC": .array(["elsewhere"]),
                "x-death": .array([.table(["queue": "warren.delay.1000", "reason": "expired", "count": 1])]),
                "warren-exchange": "a lie", "warren-remaining-delay": 3_600_000, "warren-attempts": 77,
                "filling": .string(String(repeating: "f", count: 130_650)), "mine": "kept",
            ]
            let properties = AMQPProperties(headers: headers, expiration: "60000", messageID: "m", userID: "guest")
            let dead = try await deadLetter(of: AMQPMessage("body", properties: properties)).properties
            #expect(dead.expiration == nil && dead.userID == nil && dead.messageID == "m")
            #expect(dead.headers["warren-original-expiration"]?.string == "60000")
            #expect(dead.headers["warren-original-user-id"]?.string == "guest")
            for name in ["CC", "BCC", "filling"] { #expect(dead.headers[name] == nil, "\(name)") }
            #expect(dead.headers["warren-dropped-headers"] == .array(["filling"]))
            // The last copy was published, and not dead-lettered.
            #expect(dead.headers.allSatisfy { !$0.key.hasPrefix("x-") || $0.key == "x-delivery-count" })
            #expect(dead.headers["warren-exchange"]?.string == "events" && dead.headers["mine"]?.string == "kept")
        }

        @Test(
            "deaths that other clients, or other versions of the broker, have counted: they are not its attempts",
            arguments: [
                // As 3.10 writes it, as 4 does, and as neither should.
                .array([
                    .table([
                        "count": .int64(7), "reason": "expired", "queue": "billing", "exchange": "events",
                        "time": .timestamp(1_700_000_000), "routing-keys": .array(["poison"]),
                    ])
                ]),
                .array([.table(["count": .int64(99), "reason": "rejected", "queue": "warren.delay.1000"])]),
                .int64(5), "text", .array([.void, 1]),
            ] as [AMQPValue]
        )
        func deaths(xDeath: AMQPValue) async throws {
            let headers: AMQPTable = [
                "x-death": xDeath, "x-delivery-count": 50, "x-acquired-count": 60, "x-retries": 9, "x-attempt": 8,
            ]
            _ = try await deadLetter(of: AMQPMessage("body", properties: AMQPProperties(headers: headers)))
        }

        @Test("all that a foreign client can say of it")
        func faithful() async throws {
            let properties = AMQPProperties(
                contentType: "application/x-foreign",
                contentEncoding: "gzip",
                headers: ["text": "ü", "number": .int32(-1), "nested": .table(["list": .array([.void, 1])])],
                deliveryMode: .transient,
                priority: 3,
                correlationID: "c",
                replyTo: "r",
                messageID: "m",
                timestamp: 1_700_000_000,
                type: "Some.Thing",
                appID: "a",
                clusterID: "k"
            )
            let dead = try await deadLetter(of: AMQPMessage(body: [UInt8](0...255), properties: properties))
            var expected = properties
            expected.headers = dead.properties.headers
            expected.deliveryMode = .persistent
            #expect(dead.properties == expected)
            for entry in properties.headers { #expect(dead.properties.headers[entry.key] == entry.value) }
        }

        @Test("a body of no bytes, and of a megabyte", arguments: [0, 1_048_576])
        func bodies(size: Int) async throws {
            _ = try await deadLetter(of: AMQPMessage(body: [UInt8](repeating: 7, count: size)))
        }
    }
}
