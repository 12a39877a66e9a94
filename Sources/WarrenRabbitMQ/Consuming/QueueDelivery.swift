import AMQP
import Warren

/// An event in a durable subscription's queue.
struct QueueDelivery: Delivery {
    let occurrence: Result<Occurrence, EventError>
    let previousAttempts: Int
    let firstFailedAt: EventTimestamp?
    private let delivery: AMQPDelivery
    private let queue: SubscriptionQueue

    /// More attempts than any policy has: what a header says beyond that is not true.
    private static let maximumAttempts = 1_000_000

    init(_ delivery: AMQPDelivery, in queue: SubscriptionQueue) {
        self.delivery = delivery
        self.queue = queue
        let message = delivery.message
        occurrence = Self.read(message, key: queue.origin(of: delivery).routingKey)
        let headers = message.properties.headers
        let failed = headers[WarrenHeader.attempt]?.integer ?? 0
        previousAttempts = min(max(0, failed), Self.maximumAttempts)
        // Without a failed attempt it is from an earlier life.
        firstFailedAt =
            previousAttempts == 0
            ? nil : headers[WarrenHeader.firstFailedAt]?.string.flatMap { EventTimestamp($0) }
    }

    var isRedelivered: Bool { delivery.redelivered }

    var isStale: Bool { delivery.isStale }

    func accept() -> Bool { (try? delivery.ack()) == .sent }

    func release() -> Bool { (try? delivery.release()) == .sent }

    func bury(_ failure: EventFailure) async -> Bool {
        await queue.bury(delivery, failure, eventID: (try? occurrence.get())?.eventID)
    }

    /// The event in a message that was published with `key`, or why it cannot be read.
    static func read(_ message: AMQPMessage, key: String) -> Result<Occurrence, EventError> {
        do throws(EventError) {
            let properties = CarriedProperties(message.properties, routingKey: key)
            return .success(Occurrence(try EventEnvelope(carrying: message.body, properties: properties)))
        } catch {
            return .failure(error)
        }
    }
}
