import Synchronization
import WarrenRuntime

/// What one iterator has taken and not handed out yet; it goes back when the iterator goes.
final class DeliveryBatch {
    private let connection: Connection
    private let channel: SlotID
    private let iterators: IteratorCount
    /// How many are taken at a time, at least.
    private let share: Int
    /// Last one first.
    private var deliveries: [AMQPDelivery] = []

    init(connection: Connection, channel: SlotID, iterators: IteratorCount, share: Int) {
        self.connection = connection
        self.channel = channel
        self.iterators = iterators
        self.share = share
        iterators.add()
    }

    deinit {
        iterators.remove()
        guard !deliveries.isEmpty else { return }
        deliveries.reverse()
        connection.perform { core, effects in core.giveBack(deliveries, to: channel, into: &effects) }
    }

    /// The next one of what was taken; `nil`: it is time to `fill`.
    func next() -> AMQPDelivery? {
        while let delivery = deliveries.popLast() {
            // From before a reconnect: it comes again.
            if !delivery.settler.comesAgain(delivery) { return delivery }
        }
        return nil
    }

    /// The next ones of what was taken, at most `limit`; none: it is time to `fill`.
    func next(upTo limit: Int) -> [AMQPDelivery] {
        var taken: [AMQPDelivery] = []
        taken.reserveCapacity(min(limit, deliveries.count))
        while taken.count < limit, let delivery = next() { taken.append(delivery) }
        return taken
    }

    /// - Returns: whether there is something now; not when the consumer has ended or the task is cancelled.
    func fill() async throws(AMQPError) -> Bool {
        let arrived = OneShot<Void>()
        // Who is alone now may have company as soon as it works.
        let isAlone = iterators.isOne
        let end = connection.perform { core, _ in
            let most = isAlone ? core.channels[channel]?.value.subscription?.quarter ?? share : share
            return core.takeDeliveries(channel, upTo: max(share, most), into: &deliveries, orWake: arrived)
        }
        if let end {
            if end.code == .closed { return false }
            throw end
        }
        guard deliveries.isEmpty else {
            deliveries.reverse()
            return true
        }
        await arrived.value(abandoningWith: ())
        return !Task.isCancelled
    }
}

/// How many iterators share a sequence: a lone one takes much at a time, several take one share.
final class IteratorCount: Sendable {
    private let count = Atomic(0)

    func add() {
        count.wrappingAdd(1, ordering: .relaxed)
    }

    func remove() {
        count.wrappingSubtract(1, ordering: .relaxed)
    }

    var isOne: Bool { count.load(ordering: .relaxed) <= 1 }
}
