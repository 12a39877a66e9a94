import AMQP
import Testing
import Warren
import WarrenRabbitMQ

/// Looks at dead letters without taking them away.
struct DeadLetterQueues: Sendable {
    private let client: AMQPClient

    init(_ client: AMQPClient) {
        self.client = client
    }

    /// The dead letters of a subscription, the oldest first; none where there is no queue yet.
    func all(of subscription: String) async throws -> [DeadLetter] {
        do {
            // What is fetched and not acked goes back with the channel.
            return try await client.withChannel { channel in
                var letters: [DeadLetter] = []
                while let fetched = try await channel.get("\(subscription).dead") {
                    letters.append(try Self.letter(fetched.message))
                }
                return letters
            }
        } catch let error as AMQPError where error.code == .notFound {
            return []
        }
    }

    private static func letter(_ message: AMQPMessage) throws -> DeadLetter {
        let headers = message.properties.headers
        func text(_ name: String) throws -> String { try #require(headers[name]?.string, "\(name) of \(headers)") }
        let key = try text(WarrenHeader.routingKey)
        return DeadLetter(
            event: try EventEnvelope(
                carrying: message.body,
                properties: CarriedProperties(message.properties, routingKey: key)
            ),
            failure: EventFailure(
                error: try text(WarrenHeader.error),
                errorType: try text(WarrenHeader.errorType),
                attempts: Int(try #require(headers[WarrenHeader.attempts]?.integer)),
                firstFailedAt: try #require(EventTimestamp(try text(WarrenHeader.firstFailedAt))),
                lastFailedAt: try #require(EventTimestamp(try text(WarrenHeader.lastFailedAt))),
                handler: try text(WarrenHeader.handler)
            )
        )
    }
}
