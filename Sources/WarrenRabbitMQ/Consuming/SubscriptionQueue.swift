import AMQP
import Warren
import WarrenRuntime

/// A durable subscription's queue at the broker, with that of its dead letters.
final class SubscriptionQueue: Sendable {
    let name: String
    let subscription: String
    let stopping: StopSignal
    private let topology: Topology
    private let exchange: EventExchange
    private let client: AMQPClient
    private let copies: CopyPublisher
    private let frameMax: UInt32
    private let patience: Patience
    private let reports: BusReports

    init(
        _ topology: SubscriptionTopology,
        of subscription: String,
        exchange: EventExchange,
        client: AMQPClient,
        copies: CopyPublisher,
        frameMax: UInt32,
        patience: Patience,
        reports: BusReports,
        stopping: StopSignal
    ) {
        name = topology.queue
        self.subscription = subscription
        self.topology = topology.topology
        self.exchange = exchange
        self.client = client
        self.copies = copies
        self.frameMax = frameMax
        self.patience = patience
        self.reports = reports
        self.stopping = stopping
    }

    func declare() async throws(EventBusError) {
        try await exchange.readyToBind()
        do throws(AMQPError) {
            try await client.apply(topology)
        } catch {
            throw EventBusError(subscribing: error)
        }
    }

    // MARK: - Dead letters

    /// Puts a copy of a delivery among the dead letters, and only then takes the original out of the queue.
    ///
    /// - Returns: whether that is done; not when the delivery became stale or the subscription was stopped first.
    func bury(_ delivery: AMQPDelivery, _ failure: EventFailure, eventID: String?) async -> Bool {
        // A cancelled task would send the copy and not hear that it came: there would be both then.
        guard !Task.isCancelled else {
            _ = try? delivery.release()
            return false
        }
        var copy = MessageCopy(of: delivery.message)
        copy.note(failure, host: HostName.current, from: origin(of: delivery))
        var waits = patience.waits()
        var told: String?
        while !delivery.isStale {
            guard let trouble = await publish(copy) else { return (try? delivery.ack()) == .sent }
            guard !stopping.isStopped else { return false }
            if trouble != told {
                let reason = "its copy did not get to '\(dead)', and is tried again: \(trouble)"
                reports.tell(.init(.notSettled, subscription, eventID: eventID, reason: reason))
            }
            told = trouble
            guard await waits.next(stopping) else { return false }
        }
        return false
    }

    func origin(of delivery: AMQPDelivery) -> MessageCopy.Origin {
        MessageCopy.Origin(
            of: delivery.properties,
            exchange: delivery.exchange,
            routingKey: delivery.routingKey,
            queue: name
        )
    }

    private var dead: String { SubscriptionTopology.deadLetters(of: name) }

    /// - Returns: why the broker does not have the copy, or may not have it.
    private func publish(_ copy: MessageCopy) async -> String? {
        let negotiated = client.broker?.frameMax ?? 0
        let message = copy.fitted(to: Int(negotiated == 0 ? frameMax : negotiated))
        do throws(AMQPError) {
            try await copies.publish(message, to: dead)
            return nil
        } catch {
            guard error.code == .returned else { return error.message }
            do throws(AMQPError) {
                try await client.apply(topology)
                return error.message
            } catch let refusal {
                return "\(error.message); and \(refusal.message)"
            }
        }
    }
}
