import AMQP
import WarrenRuntime

/// A publish that the broker has, or may have.
final class PublishUnderWay: Sendable {
    let eventType: String
    let eventID: String
    /// Whether it comes from the spool.
    let isSpooled: Bool
    /// Whether it has failed when no queue takes it.
    let mustBeRouted: Bool
    private let confirm: AMQPPendingConfirm
    private let ticket: Traffic.Ticket
    private let bus: RabbitMQEventBus
    private let wasAlone = Locked<Bool?>(nil)

    init(
        eventType: String,
        eventID: String,
        isSpooled: Bool,
        mustBeRouted: Bool,
        confirm: AMQPPendingConfirm,
        ticket: Traffic.Ticket,
        bus: RabbitMQEventBus
    ) {
        self.eventType = eventType
        self.eventID = eventID
        self.isSpooled = isSpooled
        self.mustBeRouted = mustBeRouted
        self.confirm = confirm
        self.ticket = ticket
        self.bus = bus
    }

    deinit {
        guard wasAlone.withLock({ $0 == nil }) else { return }
        // Nobody has waited for it, or not long enough: the broker answers all the same, and that counts.
        let heir = PublishUnderWay(
            eventType: eventType,
            eventID: eventID,
            isSpooled: isSpooled,
            mustBeRouted: mustBeRouted,
            confirm: confirm,
            ticket: ticket,
            bus: bus
        )
        Task { await heir.end() }
    }

    /// Waits for what becomes of it, and has the bus count it.
    ///
    /// - Returns: what became of it, as far as whoever waits may know, and whether no other publish was under way
    ///   meanwhile: what the broker says when it closes the channel was said to this one then.
    @discardableResult
    func end() async -> (outcome: AMQPPublishOutcome, wasAlone: Bool) {
        let outcome = await confirm.outcome
        // Only this wait has ended.
        if case .unknown(let cause) = outcome, cause.code == .cancelled { return (outcome, false) }
        let (isNew, wasAlone) = wasAlone.withLock { known in
            if let known { return (false, known) }
            let isAlone = bus.traffic.end(ticket)
            known = isAlone
            return (true, isAlone)
        }
        if isNew { bus.count(outcome, of: self) }
        return (outcome, wasAlone)
    }

    /// The publishes of a bus.
    final class Traffic: Sendable {
        /// One of them.
        struct Ticket: Sendable {
            fileprivate let number: UInt64
            fileprivate let beganAlone: Bool
        }

        private let state = Locked((begun: UInt64(0), open: 0))

        /// One begins: it is about to be sent.
        func begin() -> Ticket {
            state.withLock { state in
                state.begun += 1
                state.open += 1
                return Ticket(number: state.begun, beganAlone: state.open == 1)
            }
        }

        /// One has ended.
        ///
        /// - Returns: whether there was no other all the while.
        @discardableResult
        func end(_ ticket: Ticket) -> Bool {
            state.withLock { state in
                state.open -= 1
                return ticket.beganAlone && state.begun == ticket.number
            }
        }
    }
}
