import WarrenRuntime

extension Subscription {
    /// The oldest delivery that the application has not settled, and since when.
    var oldestUnsettled: (tag: UInt64, since: MonotonicTime)? {
        guard ledger.unsettled > 0, let tag = ledger.oldestUnsettled, let since = watch.since(tag) else { return nil }
        return (tag, since)
    }

    /// A batch from the broker ends.
    ///
    /// - Returns: when to look for overdue deliveries.
    mutating func mark(at now: MonotonicTime) -> MonotonicTime? {
        watch.mark(ledger, at: now)
        return watch.nextCheck
    }

    /// Reports what has become overdue.
    mutating func reportOverdue(_ purpose: String, at now: MonotonicTime, into effects: inout Effects) {
        guard let check = watch.nextCheck, check <= now else { return }
        for overdue in watch.takeOverdue(at: now, ledger) {
            let delivery = AMQPSlowDelivery(overdue, queue: queue)
            var event = AMQPEvent(kind: .deliveryOverdue, subject: "\(delivery) of the \(purpose)", error: nil)
            event.delivery = delivery
            effects.events.append(event)
        }
    }

    /// The delivery that made the broker close the channel, or end the subscription as RabbitMQ 4.3 does, if that is
    /// why it did.
    func culprit(of error: AMQPError, at now: MonotonicTime) -> AMQPSlowDelivery? {
        guard let (tag, since) = oldestUnsettled else { return nil }
        let tookTooLong = error.reply?.code == 406 && error.reply?.text.contains("timed out") == true
        let isOverdue = error.code == .consumerCancelled && watch.isOverdue(since: since, at: now)
        guard tookTooLong || isOverdue else { return nil }
        let age = since.duration(until: now)
        return AMQPSlowDelivery(
            DeliveryWatch.Overdue(tag: tag, messageID: watch.messageID(tag), age: age),
            queue: queue
        )
    }
}
