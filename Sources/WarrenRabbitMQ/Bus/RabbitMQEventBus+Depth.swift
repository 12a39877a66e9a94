import AMQP
package import Warren

extension RabbitMQEventBus {
    /// How many events came from queues, and are not dealt with.
    package var inHand: Int { reports.inHand }

    /// Whether an event waits for its next attempt that failed here, wherever that wait is spent.
    package var awaitsRetries: Bool { ladder.isInUse }

    /// How many events wait in the queues of subscriptions and are in nobody's hands.
    ///
    /// - Parameter names: the subscriptions; those that have no queue count nothing.
    /// - Returns: the events of all together.
    /// - Throws: `EventBusError` when there is no way to ask.
    package func waiting(for names: [String]) async throws(EventBusError) -> Int {
        var count = 0
        for name in Set(names) {
            do {
                let queue = configuration.queuePrefix + name
                count += try await client.withChannel { try await $0.queueStatus(queue).messageCount }
            } catch let error as AMQPError {
                guard error.code != .notFound else { continue }
                throw EventBusError(error)
            } catch {
                throw EventBusError(.unavailable, "\(error)")
            }
        }
        return count
    }
}
