import AMQP
import Warren
import WarrenRuntime

/// A durable subscription's queue at the broker, with that of its dead letters.
final class SubscriptionQueue: Sendable {
    let name: String
    let subscription: String
    let clock: any RuntimeClock
    private let retry: RetryPolicy
    private let topology: Topology
    private let bus: Surroundings
    private let stopping: StopSignal
    /// Whether its events may be on the ladder.
    private let usesLadder: Locked<Bool>

    /// What the queues of a bus share.
    struct Surroundings: Sendable {
        let client: AMQPClient
        let exchange: EventExchange
        let ladder: RetryLadder
        let copies: CopyPublisher
        let frameMax: UInt32
        let patience: Patience
        let reports: BusReports
        let clock: any RuntimeClock
    }

    init(_ topology: SubscriptionTopology, of subscriber: Subscriber, _ bus: Surroundings, stopping: StopSignal) {
        name = topology.queue
        subscription = subscriber.name
        retry = subscriber.retry
        clock = bus.clock
        self.topology = topology.topology
        self.bus = bus
        self.stopping = stopping
        usesLadder = Locked(!RetryStep.steps(of: subscriber.retry).isEmpty)
    }

    func declare() async throws(EventBusError) {
        try await bus.exchange.readyToBind()
        do throws(AMQPError) {
            try await bus.client.apply(topology)
            if usesLadder.withLock({ $0 }) { try await bus.ladder.prepareWay(to: name) }
            try await bus.ladder.prepare(for: retry)
        } catch {
            throw EventBusError(subscribing: error)
        }
    }

    func origin(of delivery: AMQPDelivery) -> MessageCopy.Origin {
        MessageCopy.Origin(
            of: delivery.properties,
            exchange: delivery.exchange,
            routingKey: delivery.routingKey,
            queue: name
        )
    }

    /// Gives a delivery back to the queue.
    ///
    /// At the end all go back together, with the channel: a quorum queue of RabbitMQ 3.10 forgets some of the acks of a
    /// channel that closes right after many messages were settled on it.
    ///
    /// - Returns: whether it goes back for this reason, and not because the connection is gone.
    func release(_ delivery: AMQPDelivery) -> Bool {
        guard !stopping.isStopped else { return !delivery.isStale }
        return (try? delivery.release()) == .sent
    }

    // MARK: - Copies

    /// Where a copy goes.
    private enum Place: Hashable {
        case deadLetters
        case step(RetryStep)
    }

    /// Puts a copy of a delivery among the dead letters, and only then takes the original out of the queue.
    ///
    /// - Returns: whether that is done; not when the delivery became stale or the subscription was stopped first.
    func bury(_ delivery: AMQPDelivery, _ failure: EventFailure, eventID: String?) async -> Bool {
        var copy = MessageCopy(of: delivery.message)
        copy.note(failure, host: HostName.current, from: origin(of: delivery))
        return await replace(delivery, with: copy, in: .deadLetters, eventID: eventID)
    }

    /// Puts a copy of a delivery on the ladder, from where it comes back to the queue, and only then takes the original out
    /// of it.
    ///
    /// - Returns: as ``bury(_:_:eventID:)``.
    func postpone(_ delivery: AMQPDelivery, _ retry: Retry, eventID: String?) async -> Bool {
        let (step, rest) = RetryStep.first(of: retry.delay)
        var copy = MessageCopy(of: delivery.message)
        copy.note(retry, rest: rest, from: origin(of: delivery))
        guard await replace(delivery, with: copy, in: .step(step), eventID: eventID) else { return false }
        bus.ladder.began(retry.delay)
        return true
    }

    /// As long as nobody knows that the broker has the copy, the original stays where it is.
    private func replace(
        _ delivery: AMQPDelivery,
        with copy: MessageCopy,
        in place: Place,
        eventID: String?
    ) async -> Bool {
        // Time is up: it comes again as it is.
        guard !Task.isCancelled else {
            _ = release(delivery)
            return false
        }
        var waits = bus.patience.waits()
        var told: String?
        while !delivery.isStale {
            guard let trouble = await publish(copy, to: place) else { return (try? delivery.ack()) == .sent }
            guard !stopping.isStopped else { return false }
            if trouble != told {
                let reason = "its copy did not get to '\(target(place).queue)', and is tried again: \(trouble)"
                bus.reports.tell(.init(.notSettled, subscription, eventID: eventID, reason: reason))
            }
            told = trouble
            guard await waits.next(stopping) else { return false }
        }
        return false
    }

    /// - Returns: why the broker does not have the copy, or may not have it.
    private func publish(_ copy: MessageCopy, to place: Place) async -> String? {
        let negotiated = bus.client.broker?.frameMax ?? 0
        let frameMax = Int(negotiated == 0 ? bus.frameMax : negotiated)
        let message = copy.fitted(to: place == .deadLetters ? frameMax : frameMax - RetryStep.headerGrowth)
        let target = target(place)
        do throws(AMQPError) {
            if case .step(let step) = place { try await prepare(step) }
            try await bus.copies.publish(message, to: target.exchange, routingKey: target.routingKey)
            return nil
        } catch {
            guard error.code == .returned || error.reply?.code == 404 else { return error.message }
            do throws(AMQPError) {
                try await repair(place)
                return error.message
            } catch let refusal {
                return "\(error.message); and \(refusal.message)"
            }
        }
    }

    private func prepare(_ step: RetryStep) async throws(AMQPError) {
        if !usesLadder.withLock({ $0 }) {
            try await bus.ladder.prepareWay(to: name)
            usesLadder.withLock { $0 = true }
        }
        try await bus.ladder.prepare(step)
    }

    /// Declares again what somebody has deleted.
    private func repair(_ place: Place) async throws(AMQPError) {
        switch place {
        case .deadLetters: try await bus.client.apply(topology)
        case .step(let step):
            try await bus.ladder.prepareWay(to: name)
            try await bus.ladder.prepare(step, again: true)
        }
    }

    private func target(_ place: Place) -> (exchange: String, routingKey: String, queue: String) {
        switch place {
        case .deadLetters:
            let dead = SubscriptionTopology.deadLetters(of: name)
            return ("", dead, dead)
        case .step(let step):
            let exchange = bus.ladder.exchange(of: step)
            return (exchange, name, exchange)
        }
    }
}
