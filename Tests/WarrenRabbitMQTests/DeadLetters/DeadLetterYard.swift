import AMQP
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

struct NoSuchOrder: Error, CustomStringConvertible {
    let description = "no order 7"
}

/// A queue `billing` with dead letters that are put there without a bus: their bodies are numbers, in order.
struct DeadLetterYard {
    let url: String
    let client: AMQPClient
    let letters: RabbitMQDeadLetters

    /// Makes the queues of a subscription before it is there itself, with so many dead letters.
    static func fill(_ queue: String, url: String, count: Int) async throws {
        try await withClient(url) { client in
            let topology = SubscriptionTopology(queue: queue, kind: .quorum, exchange: "", patterns: [])
            try await client.apply(topology.topology)
            let letters = RabbitMQDeadLetters(client: client, queue: queue)
            try await DeadLetterYard(url: url, client: client, letters: letters).add(0..<count)
        }
    }

    /// Lends one on a vhost of its own.
    static func use(
        _ kind: RabbitMQEventBusConfiguration.QueueKind = .quorum,
        count: Int = 0,
        _ configure: (inout AMQPClientConfiguration) -> Void = { _ in },
        _ body: (DeadLetterYard) async throws -> Void
    ) async throws {
        try await withVhost { url in
            var configuration = AMQPClientConfiguration()
            configure(&configuration)
            try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                let topology = SubscriptionTopology(queue: "billing", kind: kind, exchange: "", patterns: [])
                try await client.apply(topology.topology)
                let letters = RabbitMQDeadLetters(client: client, queue: "billing")
                let yard = DeadLetterYard(url: url, client: client, letters: letters)
                try await yard.add(0..<count)
                try await body(yard)
            }
        }
    }

    /// Dead letters that say that they failed a second after one another; every tenth has the error of a timeout.
    func add(_ numbers: Range<Int>) async throws {
        let messages = numbers.map { number in
            let time = EventTimestamp(milliseconds: Self.firstFailure + Int64(number) * 1000)
            let headers: AMQPTable = [
                "warren-error": .string(number % 10 == 0 ? "cancelled after 30 s" : "no order \(number)"),
                "warren-error-type": number % 10 == 0 ? "timeout" : "NoSuchOrder",
                "warren-attempts": 3, "warren-first-failed-at": .string(time.text),
                "warren-last-failed-at": .string(time.text), "warren-handler": "billing", "warren-host": "test",
                "warren-exchange": "events", "warren-routing-key": .string(Self.type(number)),
            ]
            return AMQPMessage("\(number)", properties: AMQPProperties(headers: headers, messageID: "id-\(number)"))
        }
        try await client.withPublisher { publisher in
            for message in messages {
                _ = try await publisher.send(message, to: "", routingKey: letters.queue + ".dead", mandatory: true)
            }
            try await publisher.waitForConfirms()
        }
    }

    /// Publishes to a queue until it takes no more.
    func fillUp(_ queue: String) async throws {
        try await eventually("it is full") {
            do {
                try await client.publish(AMQPMessage("x"), to: "", routingKey: queue)
                return false
            } catch let error as AMQPError {
                return error.code == .refused
            }
        }
    }

    /// Has a consumer reject the first message of a queue.
    static func rejectFirst(_ queue: String, _ client: AMQPClient) async throws {
        try await client.withConsumer(.queue(queue)) { deliveries in
            for try await delivery in deliveries {
                try delivery.reject()
                return
            }
        }
    }

    static let firstFailure = Int64(1_700_000_000_000)

    static func type(_ number: Int) -> String { number % 3 == 0 ? "Order.Paid" : "Order.Created" }

    /// Takes all messages out of a queue; their numbers in their order.
    func drain(_ queue: String) async throws -> [Int] {
        try await takeAll(queue).compactMap { Int(String(decoding: $0.body, as: UTF8.self)) }
    }

    /// Takes all messages out of a queue.
    func takeAll(_ queue: String) async throws -> [AMQPDelivery] {
        let count = try await client.count(queue)
        guard count > 0 else { return [] }
        return try await client.withConsumer(.queue(queue), prefetch: 1000) { deliveries in
            var taken: [AMQPDelivery] = []
            for try await delivery in deliveries {
                try delivery.ack()
                taken.append(delivery)
                if taken.count == count { break }
            }
            return taken
        }
    }
}
