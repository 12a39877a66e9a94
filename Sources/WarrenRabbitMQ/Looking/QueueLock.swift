import AMQP
import Warren

/// Lets one at a time be at work on a queue, whichever process it is in.
///
/// An exclusive consumer would not do: a quorum queue lets others consume beside it (measured on RabbitMQ 3.10.8 and
/// 4.0.5). So what is exclusive is another queue, `<queue>.lock`, which lives as long as the work, or the connection.
enum QueueLock {
    /// Does something while nobody else does who asks first, too.
    ///
    /// Who may not declare the lock goes without.
    ///
    /// - Throws: ``EventBusError`` with code `inUse`, and what `body` throws.
    static func use<Value>(
        _ client: AMQPClient,
        _ queue: String,
        _ body: () async throws -> Value
    ) async throws -> Value {
        // A name may have 255 bytes.
        let name = queue.cut(toBytes: 250) + ".lock"
        do {
            let lock = AMQPQueue(name, .classic, durable: false, exclusive: true, autoDelete: true)
            let status = try await client.withChannel(for: .consuming) { try await $0.declareQueue(lock) }
            // Another task of this client.
            guard status.consumerCount == 0 else { throw inUse(queue) }
        } catch let error as AMQPError where error.code == .resourceLocked {
            throw inUse(queue)
        } catch let error as AMQPError where error.code == .accessRefused {
            return try await body()
        }
        return try await client.withConsumer(.queue(name), exclusive: true) { _ in try await body() }
    }

    private static func inUse(_ queue: String) -> EventBusError {
        EventBusError(.inUse, "somebody else is at work on queue '\(queue)': try again when that is done")
    }
}
