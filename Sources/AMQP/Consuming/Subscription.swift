import Synchronization
import WarrenRuntime

/// The consuming side of a channel: what came and is not taken, what was taken and is not settled.
struct Subscription: ~Copyable {
    let prefetch: Int
    let coalescesAcks: Bool
    let position: SubscriptionPosition

    /// Given when the channel has a place.
    var settler: DeliverySettler?
    /// What the broker calls it on the channel of now.
    var consumerTag: String?
    /// Hands out no more; what was handed out may still be settled.
    private(set) var isStopped = false
    var ledger = DeliveryLedger()
    private var buffer: [AMQPDelivery] = []
    private var waiters: [OneShot<Void>] = []

    init(prefetch: Int, coalescesAcks: Bool = true, position: SubscriptionPosition) {
        self.coalescesAcks = coalescesAcks
        self.prefetch = prefetch
        self.position = position
    }

    /// Deliveries the broker may still send before it hears an ack.
    var allowance: Int { max(0, prefetch - buffer.count) }

    /// Whether much more came than was asked for: then the connection is not read until the application has caught up.
    ///
    /// Streams hand out whole chunks, and quorum queues may grant a little more; beyond that no broker goes.
    var isOverfull: Bool { buffer.count > 2 * prefetch + 4096 }

    /// Whether the broker may send at least half of the prefetch before it hears of the acks gathered so far.
    var hasAmpleAllowance: Bool { ledger.unsettled + ledger.gathered <= prefetch / 2 }

    /// Whether an iterator waits for something to come.
    var isAwaited: Bool { waiters.contains { $0.current == nil } }

    // MARK: - Events

    mutating func delivered(_ contents: DeliveryContents, settler: DeliverySettler) throws(WireError) {
        guard ledger.delivered(contents.incoming.envelope.tag) else {
            throw WireError("delivery \(contents.incoming.envelope.tag) on a channel out of turn")
        }
        buffer.append(AMQPDelivery(contents: contents, settler: settler, subscription: position.current))
    }

    /// Wakes the iterators that wait, when there is something for them.
    mutating func wakeIfFilled(into effects: inout Effects) {
        guard !buffer.isEmpty, !waiters.isEmpty else { return }
        effects.wakes += waiters
        waiters.removeAll(keepingCapacity: true)
    }

    mutating func stop(into effects: inout Effects) {
        isStopped = true
        wakeAll(into: &effects)
    }

    mutating func wakeAll(into effects: inout Effects) {
        effects.wakes += waiters
        waiters = []
    }

    /// The channel is gone: what is not settled will be delivered again, so nobody shall work on it now.
    mutating func lost(into effects: inout Effects) {
        position.advance()
        consumerTag = nil
        ledger = DeliveryLedger()
        buffer = []
    }

    mutating func takeAcks() -> [DeliveryLedger.Settlement] {
        ledger.takeAcks(coalescing: coalescesAcks)
    }

    // MARK: - Taking

    /// Takes what waits, at most `limit` deliveries, into an empty batch.
    mutating func take(upTo limit: Int, into batch: inout [AMQPDelivery]) {
        guard limit < buffer.count else { return swap(&buffer, &batch) }
        batch += buffer.prefix(limit)
        buffer.removeFirst(limit)
    }

    /// Takes back what an iterator took and nobody saw; it was the first in line.
    mutating func giveBack(_ deliveries: [AMQPDelivery], into effects: inout Effects) {
        // Those of a lost subscription come again by themselves.
        buffer.insert(contentsOf: deliveries.filter { $0.subscription == position.current }, at: 0)
        wakeIfFilled(into: &effects)
    }

    mutating func wait(_ waiter: OneShot<Void>) {
        // Those of cancelled tasks are done already.
        waiters.removeAll { $0.current != nil }
        waiters.append(waiter)
    }
}

/// Which subscription in a row the deliveries of now belong to.
///
/// Deliveries of an earlier one are stale.
final class SubscriptionPosition: Sendable {
    private let number = Atomic<UInt64>(1)

    var current: UInt64 { number.load(ordering: .acquiring) }

    func advance() {
        number.wrappingAdd(1, ordering: .releasing)
    }
}
