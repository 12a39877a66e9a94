import AMQP
import Warren

/// An observer's own queue at the broker: what comes out of it is gone, whatever the observer does.
struct ObserverQueue: Sendable {
    /// How many events the broker keeps for an observer that is slow; then it loses the oldest.
    private static let maximumLength = 10_000
    /// How many events may be in this process for an observer.
    static let prefetch = 256

    let name: String
    let source: AMQPConsumerSource
    /// Whose events it has seen already.
    private let hidden: String?
    private let reports: BusReports

    init(_ name: String, patterns: [TopicPattern], exchange: String, hiding instance: String?, reports: BusReports) {
        self.name = name
        self.reports = reports
        hidden = instance
        source = .privateQueue(
            patterns.map { .init(exchange: exchange, routingKey: $0.text) },
            arguments: AMQPQueueArguments(maxLength: Self.maximumLength, overflow: .dropHead)
        )
    }

    func take(_ deliveries: [AMQPDelivery]) -> [any Delivery] {
        // Stale ones do not come again: their queue is gone.
        _ = try? deliveries.last?.ack(multiple: true)
        return deliveries.compactMap { delivery in
            let message = delivery.message
            if let hidden, message.properties.headers[WarrenHeader.origin] == .string(hidden) { return nil }
            switch QueueDelivery.read(message, key: delivery.routingKey) {
            case .success(let occurrence): return ObservedDelivery(event: occurrence, delivery.redelivered)
            case .failure(let error):
                let id = message.properties.messageID
                reports.tell(.init(.observerFailed, name, eventID: id, reason: "undecodable: \(error.message)"))
                return nil
            }
        }
    }
}

/// An event that an observer is shown.
private struct ObservedDelivery: Delivery {
    let event: Occurrence
    let isRedelivered: Bool

    init(event: Occurrence, _ isRedelivered: Bool) {
        self.event = event
        self.isRedelivered = isRedelivered
    }

    var occurrence: Result<Occurrence, EventError> { .success(event) }
    var previousAttempts: Int { 0 }
    var firstFailedAt: EventTimestamp? { nil }
    // Its queue has no other copy of it.
    var isStale: Bool { false }

    func accept() -> Bool { true }
    func release() -> Bool { true }
    func bury(_ failure: EventFailure) async -> Bool { true }
}
