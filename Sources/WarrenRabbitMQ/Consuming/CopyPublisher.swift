import AMQP
import WarrenRuntime

/// Publishes copies on a channel of their own: the broker closes a channel with what it has to say, and what it says of a
/// copy must not be heard as said of an event.
final class CopyPublisher: Sendable {
    private let wanted = StopSignal()
    private let lent = StopSignal()
    private let over = StopSignal()
    private let publisher = Locked<AMQPPublisher?>(nil)

    /// Lends itself a publisher from the first copy on, until ``stop()``.
    func run(_ client: AMQPClient) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [wanted] in await wanted.wait() }
            group.addTask { [over] in await over.wait() }
            await group.next()
            group.cancelAll()
        }
        guard wanted.isStopped, !over.isStopped else { return lent.stop() }
        try? await client.withPublisher { publisher in
            self.publisher.withLock { $0 = publisher }
            lent.stop()
            await over.wait()
            self.publisher.withLock { $0 = nil }
        }
    }

    /// No copy comes any more.
    func stop() {
        over.stop()
    }

    /// Publishes a copy, and waits for the broker's answer also in a cancelled task: who does not hear that the broker has
    /// it would leave the original beside it.
    ///
    /// - Throws: as ``AMQPPublisher/publish(_:to:routingKey:mandatory:)``.
    func publish(_ copy: AMQPMessage, to exchange: String, routingKey: String) async throws(AMQPError) {
        let publish = Task { () -> Result<Void, AMQPError> in
            wanted.stop()
            await lent.wait()
            guard let publisher = publisher.withLock({ $0 }) else {
                return .failure(AMQPError(.closed, "the bus has ended"))
            }
            do throws(AMQPError) {
                return .success(try await publisher.publish(copy, to: exchange, routingKey: routingKey))
            } catch {
                return .failure(error)
            }
        }
        try await publish.value.get()
    }
}
