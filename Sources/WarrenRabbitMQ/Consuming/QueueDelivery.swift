import AMQP
import Warren
import WarrenRuntime

/// An event in a durable subscription's queue.
struct QueueDelivery: Delivery {
    let occurrence: Result<Occurrence, EventError>
    let previousAttempts: Int
    let firstFailedAt: EventTimestamp?
    let remainingDelay: Duration?
    private let takenAt: MonotonicTime
    private let delivery: AMQPDelivery
    private let queue: SubscriptionQueue

    /// More attempts than any policy has: what a header says beyond that is not true.
    private static let maximumAttempts = 1_000_000
    /// For how long it is held for short waits; the broker takes back what is held for 30 minutes.
    private static let longestHold = Duration.seconds(60)

    init(_ delivery: AMQPDelivery, in queue: SubscriptionQueue) {
        self.delivery = delivery
        self.queue = queue
        takenAt = queue.clock.now
        let message = delivery.message
        occurrence = Self.read(message, key: queue.origin(of: delivery).routingKey)
        let headers = message.properties.headers
        let failed = headers[WarrenHeader.attempt]?.integer ?? 0
        previousAttempts = min(max(0, failed), Self.maximumAttempts)
        guard previousAttempts > 0 else {
            // What it says is from an earlier life.
            (firstFailedAt, remainingDelay) = (nil, nil)
            return
        }
        firstFailedAt = headers[WarrenHeader.firstFailedAt]?.string.flatMap { EventTimestamp($0) }
        remainingDelay = headers[WarrenHeader.remainingDelay]?.integer.map { milliseconds in
            min(max(.zero, .milliseconds(milliseconds)), RetryPolicy.longestWait)
        }
    }

    var isRedelivered: Bool { delivery.redelivered }

    var isStale: Bool { delivery.isStale }

    func mayLeave(for delay: Duration) -> Bool {
        delay >= RetryStep.shortest || takenAt.duration(until: queue.clock.now) >= Self.longestHold
    }

    func accept() -> Bool { (try? delivery.ack()) == .sent }

    func release() -> Bool { queue.release(delivery) }

    func postpone(_ retry: Retry) async -> Bool {
        await queue.postpone(delivery, retry, eventID: eventID)
    }

    func bury(_ failure: EventFailure) async -> Bool {
        await queue.bury(delivery, failure, eventID: eventID)
    }

    private var eventID: String? { (try? occurrence.get())?.eventID }

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
