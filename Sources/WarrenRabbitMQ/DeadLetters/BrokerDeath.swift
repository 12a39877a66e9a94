import AMQP
import Warren

/// What a broker says of a message that it has put among the dead letters by itself.
///
/// The header `x-death` has a table for each queue and reason, the newest first; it is the same on RabbitMQ 3.10 and 4.0.
/// Copies of ours never have it: where it stands, the broker had the last word.
struct BrokerDeath {
    /// In the broker's own word.
    let reason: String
    /// The queue that it died in.
    let queue: String
    /// The exchange that it came into that queue by.
    let exchange: String
    /// The key that it came with.
    let routingKey: String
    /// How often that happened.
    let count: Int
    /// When it happened, for the first time.
    let time: EventTimestamp?

    /// What the headers of a message say; anything else than a broker writes is passed over.
    init?(_ headers: AMQPTable) {
        guard case .array(let deaths)? = headers["x-death"], case .table(let newest)? = deaths.first,
            let queue = newest["queue"]?.string, let reason = newest["reason"]?.string
        else { return nil }
        self.queue = queue
        self.reason = reason
        exchange = newest["exchange"]?.string ?? ""
        count = max(1, newest["count"]?.integer ?? 1)
        if case .array(let keys)? = newest["routing-keys"] {
            routingKey = keys.first?.string ?? ""
        } else {
            routingKey = ""
        }
        // More seconds than a calendar has are no time.
        time = newest["time"]?.integer
            .flatMap { (0...253_402_300_799).contains($0) ? EventTimestamp(milliseconds: Int64($0) * 1000) : nil }
    }

    /// Whether it was to be tried again.
    ///
    /// Then its queue, which its key names, was gone when its wait was over.
    var isOfLadder: Bool { RetryStep.isStep(queue) }

    /// The reason in a sentence.
    var explanation: String {
        if isOfLadder { return "its queue '\(routingKey)' was gone when its wait for the next attempt was over" }
        return switch reason {
        case "rejected": "a consumer rejected it"
        case "expired": "its time to live was over"
        case "maxlen": "the queue was full"
        case "delivery_limit": "it was handed out too often"
        default: "the broker says '\(reason)'"
        }
    }
}
