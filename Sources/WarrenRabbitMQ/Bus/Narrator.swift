import AMQP
import Warren
import WarrenRuntime

/// Tells on the bus what its client goes through, each thing once for as long as it lasts.
struct Narrator: Sendable {
    /// Hosts and vhost, as reports call the broker.
    let broker: String
    let reports: BusReports
    let exchange: EventExchange
    /// What the names of queues begin with.
    let queuePrefix: String

    /// Ends with the client.
    func run(_ states: AsyncStream<AMQPClientState>, _ events: AsyncStream<AMQPEvent>) async {
        await withDiscardingTaskGroup { group in
            group.addTask { await tell(states) }
            group.addTask { await tell(events) }
        }
    }

    private func tell(_ states: AsyncStream<AMQPClientState>) async {
        var last: String??
        for await state in states {
            let reason: String?
            switch state {
            case .open: reason = nil
            // Why it is closed for good is what `run` throws.
            case .connecting(_, nil), .closed: continue
            // Each attempt may fail in other words; that there is no connection is said once.
            case .connecting where last?.map { $0.hasPrefix("no connection") } == true: continue
            case .connecting(_, let cause?): reason = "no connection: \(cause.message)"
            case .blocked(let text): reason = "the broker takes no publishes: \(text)"
            }
            guard last != .some(reason) else { continue }
            last = reason
            reports.tell(.init(.connection, broker, reason: reason))
        }
    }

    private func tell(_ events: AsyncStream<AMQPEvent>) async {
        var told: Set<String> = []
        for await event in events {
            switch event.kind {
            case .connected:
                told = []
            case .subscribed:
                told = told.filter { !$0.hasPrefix(event.subject) }
            case .subscriptionLost, .entityNotRecovered:
                guard told.insert("\(event.subject) \(event.kind)").inserted else { continue }
                let name = subscription(event.subject) ?? event.subject
                reports.tell(.init(.subscriptionLost, name, reason: event.error?.message))
            case .channelLost:
                if event.error?.code == .notFound { exchange.wasMissing() }
                guard told.insert("\(event.subject) \(event.error?.message ?? "")").inserted else { continue }
                reports.tell(.init(.connection, "\(broker), \(event.subject)", reason: event.error?.message))
            case .undecodable:
                tellUndecodable(event)
            default:
                continue
            }
        }
    }

    /// The client has rejected a message, so it is among the dead letters of the queue, where that has some.
    private func tellUndecodable(_ event: AMQPEvent) {
        guard let name = subscription(event.subject) else {
            return reports.tell(.init(.observerFailed, event.subject, reason: event.error?.message))
        }
        reports.add(.deadLettered)
        reports.tell(.init(.deadLettered, name, reason: event.error?.message))
    }

    /// The name of the subscription whose queue the client speaks of; `nil` where it is another queue, or none.
    private func subscription(_ subject: String) -> String? {
        guard let start = subject.firstRange(of: "consumer of queue '"), subject.hasSuffix("'") else { return nil }
        let queue = subject[start.upperBound...].dropLast()
        return queue.hasPrefix(queuePrefix) ? String(queue.dropFirst(queuePrefix.count)) : String(queue)
    }
}
