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
        private func deadLetter(
            of message: AMQPMessage,
            failingWith error: any Error = Unlucky(),
            after delay: Duration = .seconds(1)
        ) async throws -> AMQPMessage {
            var result: AMQPMessage?
            try await withBus { bus, url in
                let (log, tries) = (EventLog(bus), Tries())
                let policy = RetryPolicy.fixed(maxAttempts: 2, delay: delay)
                try await bus.subscribe(to: ["poison"], as: "billing", retry: policy) { _, context in
                    tries.begin(context)
                    throw error
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

        private func deadLetter(with properties: AMQPProperties) async throws -> AMQPProperties {
            try await deadLetter(of: AMQPMessage("body", properties: properties)).properties
        }

        @Test("further addresses (CC and BCC): no copy goes there, nor has them")
        func addresses() async throws {
            let headers: AMQPTable = ["CC": .array(["elsewhere"]), "BCC": .array(["elsewhere"]), "mine": "kept"]
            let dead = try await deadLetter(with: AMQPProperties(headers: headers)).headers
            #expect(dead["CC"] == nil && dead["BCC"] == nil && dead["mine"]?.string == "kept")
        }

        @Test("headers of the broker's (x-…): no copy is taken for one that goes in circles, and dropped")
        func brokersHeaders() async throws {
            let deaths = ["warren.delay.1000", "billing", "billing.dead"].map { queue in
                AMQPValue.table(["queue": .string(queue), "reason": "expired", "count": 1, "exchange": ""])
            }
            let headers: AMQPTable = ["x-death": .array(deaths), "x-first-death-queue": "billing", "x-mine": 1]
            let dead = try await deadLetter(with: AMQPProperties(headers: headers)).headers
            #expect(dead.allSatisfy { !$0.key.hasPrefix("x-") || $0.key == "x-delivery-count" })
        }

        @Test("a time to live: no copy evaporates, and the last one notes it")
        func timeToLive() async throws {
            // Shorter than its wait for the second attempt.
            let message = AMQPMessage("body", properties: AMQPProperties(expiration: "3000"))
            let dead = try await deadLetter(of: message, after: .seconds(5)).properties
            #expect(dead.expiration == nil && dead.headers["warren-original-expiration"]?.string == "3000")
        }

        @Test("the name of a user: no copy is refused for it, and the last one notes it")
        func user() async throws {
            let dead = try await deadLetter(with: AMQPProperties(userID: "guest"))
            #expect(dead.userID == nil && dead.headers["warren-original-user-id"]?.string == "guest")
        }

        @Test("headers that fill a frame: what has no room in a copy is left out, and named")
        func fullFrame() async throws {
            let filling = AMQPValue.string(String(repeating: "f", count: 130_800))
            let dead = try await deadLetter(with: AMQPProperties(headers: ["filling": filling, "mine": "kept"])).headers
            #expect(dead["filling"] == nil && dead["mine"]?.string == "kept")
            #expect(dead["warren-dropped-headers"] == .array(["filling"]))
        }

        @Test("a handler that fails with a long text: 4 KiB of it are kept")
        func longText() async throws {
            struct Verbose: Error, CustomStringConvertible {
                let description = String(repeating: "é", count: 100_000)
            }
            let dead = try await deadLetter(of: AMQPMessage("body"), failingWith: Verbose())
            let text = try #require(dead.properties.headers["warren-error"]?.string)
            #expect((4000...4096).contains(text.utf8.count) && text.hasPrefix("éé"))
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
