import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

/// A queue `billing` with dead letters on a vhost of its own.
struct DeadLetterFixture {
    let url: String
    let client: AMQPClient

    static func use(
        count: Int = 0,
        _ kind: RabbitMQEventBusConfiguration.QueueKind = .quorum,
        _ body: (DeadLetterFixture) async throws -> Void
    ) async throws {
        try await LocalBroker.shared().withVhost { url in
            try await AMQPClient.withClient(url: url) { client in
                let topology = SubscriptionTopology(queue: "billing", kind: kind, exchange: "", patterns: [])
                try await client.apply(topology.topology)
                let fixture = DeadLetterFixture(url: url, client: client)
                try await fixture.add(0..<count)
                try await body(fixture)
            }
        }
    }

    /// Puts dead letters into the queue as a bus does; each failed a day before the one that follows, the last one now.
    func add(_ numbers: Range<Int>) async throws {
        let now = EventTimestamp.now().milliseconds
        try await client.withPublisher { publisher in
            for number in numbers {
                let type = try EventType(number % 2 == 0 ? "Order.Paid" : "Order.Created")
                var envelope = EventEnvelope(
                    eventID: "id-\(number)",
                    type: type,
                    source: "shop",
                    payload: try EventPayload(json: Array(#"{"n":\#(number)}"#.utf8))
                )
                let failed = EventTimestamp(milliseconds: now - Int64(numbers.upperBound - 1 - number) * 86_400_000)
                envelope.timestamp = failed
                var message = AMQPMessage(envelope, properties: try envelope.publishingProperties())
                message.properties.headers = [
                    "warren-error": .string("no order \(number)"), "warren-error-type": "NoSuchOrder",
                    "warren-attempts": 3, "warren-first-failed-at": .string(failed.text),
                    "warren-last-failed-at": .string(failed.text), "warren-handler": "billing", "warren-host": "one",
                    "warren-exchange": "events", "warren-routing-key": .string(type.name), "mine": .bytes([0xFF]),
                ]
                _ = try await publisher.send(message, to: "", routingKey: "billing.dead", mandatory: true)
            }
            try await publisher.waitForConfirms()
        }
    }

    func warren(_ arguments: String...) async throws -> RunningProgram.Result {
        try await RunningProgram.warren(["dead"] + arguments, url: url).finish()
    }

    func count(_ queue: String) async throws -> Int {
        try await client.withChannel(for: .consuming) { try await $0.queueStatus(queue).messageCount }
    }

    /// Takes all messages out of a queue: the ids of their events, in order.
    func drain(_ queue: String) async throws -> [String] {
        let count = try await count(queue)
        guard count > 0 else { return [] }
        return try await client.withConsumer(.queue(queue), prefetch: 1000) { deliveries in
            var ids: [String] = []
            for try await delivery in deliveries {
                try delivery.ack()
                ids.append(delivery.properties.messageID ?? "")
                if ids.count == count { break }
            }
            return ids
        }
    }
}

extension Range<Int> {
    var ids: [String] { map { "id-\($0)" } }
}
