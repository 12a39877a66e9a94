import AMQP
public import Warren
import WarrenRuntime

extension RabbitMQEventBus {
    /// Takes an event over, and sends it to the exchange.
    ///
    /// - Parameter occurrence: the event.
    /// - Returns: the publish under way.
    /// - Throws: `EventBusError` when nothing was sent: `invalidEvent`, `unavailable`, `refused`, `cancelled`, `closed`.
    public func send(_ occurrence: Occurrence) async throws(EventBusError) -> PendingReceipt {
        try await send(occurrence, shownBy: nil)
    }

    /// Takes an event over that an instance has shown to its own observers already.
    ///
    /// - Parameters:
    ///   - occurrence: the event.
    ///   - instance: the instance; nobody hides the event where it is `nil`.
    /// - Returns: the publish under way.
    /// - Throws: as ``send(_:)``.
    public func send(
        _ occurrence: Occurrence,
        shownBy instance: String?
    ) async throws(EventBusError) -> PendingReceipt {
        let event = try OutgoingEvent(occurrence, shownBy: instance)
        guard let spooler else { return try await publish(event, within: configuration.publishTimeout) }
        let patience = min(Spooler.patience, configuration.publishTimeout)
        return try await spooler.send(
            { event.spoolEntry },
            directly: { () async throws(EventBusError) in try await publish(event, within: patience) }
        )
    }

    /// Sends an event to the exchange, once it has its turn.
    ///
    /// `isSpooled`: it comes from the spool, and was counted before.
    func publish(
        _ event: OutgoingEvent,
        within timeout: Duration,
        isSpooled: Bool = false
    ) async throws(EventBusError) -> PendingReceipt {
        let rest = try await waitForExchange(timeout)
        // Before it is sent: what another publish is told of it must not be told as if there were no other.
        let ticket = traffic.begin()
        let confirm: AMQPPendingConfirm
        do throws(AMQPError) {
            // Mandatory, not because an event without a queue were wrong, but because only so the broker says it.
            confirm = try await client.send(
                event.message,
                to: exchange.name,
                routingKey: event.eventType,
                mandatory: true,
                within: rest
            )
        } catch {
            traffic.end(ticket)
            throw EventBusError(error)
        }
        if !isSpooled { reports.add(.published) }
        let publish = PublishUnderWay(
            eventType: event.eventType,
            eventID: event.eventID,
            isSpooled: isSpooled,
            mustBeRouted: mustBeRouted(event.eventType, isSpooled: isSpooled),
            confirm: confirm,
            ticket: ticket,
            bus: self
        )
        return PendingReceipt { () async throws(EventBusError) in try await self.receipt(of: publish) }
    }

    /// Whether an event has failed when no queue takes it.
    ///
    /// Who has published one from the spool is gone, and cannot be told. So it is put aside, unless this process knows
    /// its type to have no queue.
    private func mustBeRouted(_ eventType: String, isSpooled: Bool) -> Bool {
        unroutable.matches(eventType) || isSpooled && !unrouted.withLock { $0.contains(eventType) }
    }

    /// - Returns: how much of the time is left.
    private func waitForExchange(_ timeout: Duration) async throws(EventBusError) -> Duration {
        if exchange.isThere { return timeout }
        let deadline = clock.now.advanced(by: timeout)
        let outcome = await withTaskGroup(of: Result<Void, EventBusError>?.self) { [exchange, clock] group in
            group.addTask {
                do throws(EventBusError) {
                    return .success(try await exchange.ready())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await clock.sleep(until: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
        }
        guard let outcome, !Task.isCancelled else {
            if Task.isCancelled { throw EventBusError(.cancelled, "the wait for the broker was cancelled") }
            throw unavailable(after: timeout, "the exchange '\(exchange.name)' was not declared")
        }
        try outcome.get()
        return clock.now.duration(until: deadline)
    }

    // MARK: - What became of it

    private func receipt(of publish: PublishUnderWay) async throws(EventBusError) -> PublishReceipt {
        let event = "the event '\(publish.eventType)' \(publish.eventID)"
        let (outcome, wasAlone) = await publish.end()
        switch outcome {
        case .acked:
            return .confirmed(routed: true)
        case .returned(let message):
            guard publish.mustBeRouted else { return .confirmed(routed: false) }
            throw EventBusError(.unroutable, "no queue took \(event): \(message.reply)")
        case .refused:
            throw EventBusError(.refused, "the broker refused \(event): a queue is full or failing")
        case .unknown(let cause) where wasAlone && cause.code.isRefusal:
            let isForGood = cause.refusesThisMessage
            throw EventBusError(.refused, "the broker refused \(event): \(cause.message)", isForGood: isForGood)
        case .unknown(let cause):
            throw EventBusError(.unknown, "nobody knows whether the broker has \(event): \(cause.message)")
        }
    }

    /// Counts what became of a publish.
    func count(_ outcome: AMQPPublishOutcome, of publish: PublishUnderWay) {
        switch outcome {
        case .acked:
            reports.add(.confirmed)
            noteRouted(publish)
        case .returned(let message):
            reports.add(.confirmed)
            reports.add(.unrouted)
            if !publish.isSpooled { noteUnrouted(publish, message.reply) }
        case .refused, .unknown:
            break
        }
    }

    /// How many types without a queue are remembered.
    private static var maximumUnrouted: Int { 1000 }

    /// Told once for a type, until an event of it finds a queue.
    private func noteUnrouted(_ publish: PublishUnderWay, _ reply: AMQPReply) {
        let isNew = unrouted.withLock { types in
            types.count < Self.maximumUnrouted && types.insert(publish.eventType).inserted
        }
        guard isNew else { return }
        reports.tell(
            .init(.unrouted, publish.eventType, eventID: publish.eventID, reason: "\(reply)")
        )
    }

    private func noteRouted(_ publish: PublishUnderWay) {
        unrouted.withLock { types in
            guard !types.isEmpty else { return }
            types.remove(publish.eventType)
        }
    }
}

extension AMQPError.Code {
    /// Whether the broker closes a channel with it because it will not take what was published.
    fileprivate var isRefusal: Bool { self == .accessRefused || self == .preconditionFailed || self == .notFound }
}

extension AMQPError {
    /// Whether a refusal is about one message, and would be the same again, while others may be taken.
    ///
    /// An exchange that is not there comes back, and one that may not be written to waits for its permission: those refuse
    /// all messages. Only the permission for a topic is about some.
    fileprivate var refusesThisMessage: Bool {
        switch code {
        case .notFound: false
        case .accessRefused: message.contains("access to topic ")
        default: true
        }
    }
}
