import Synchronization
import WarrenRuntime

/// The consuming side of a channel: what came and is not taken, what was taken and is not settled.
struct Subscription: ~Copyable {
    let prefetch: Int
    let coalescing: AMQPAckCoalescing
    let mode: Mode
    /// Whether the broker is asked to stop when too much has come, and to go on when it is worked off.
    let yields: Bool
    /// Whether what cannot be read is handed out all the same.
    let keepsUnreadable: Bool
    /// The queue's name; empty for a private one.
    let queue: String
    let position: SubscriptionPosition

    /// Given when the channel has a place.
    var settler: DeliverySettler?
    /// What the broker calls it on the channel of now.
    var consumerTag: String?
    /// What the broker calls the private queue of now.
    private var privateQueue: String?
    /// A private queue of an earlier channel on this connection that no consumer took along.
    var leftQueue: String?
    /// Hands out no more; what was handed out may still be settled.
    private(set) var isDropped = false
    /// The application wants no more.
    private var isStopped = false
    /// The application wants no more for now.
    var isPaused = false
    /// Too much has come, and is worked off before more is wanted.
    private var isYielding = false
    /// How many bytes have come all the same, because they were under way.
    private var surplus = 0
    /// Whether a consume was sent on the channel of now, and no cancel after it.
    private(set) var isConsuming = false
    /// Where a stream goes on.
    private var nextOffset: UInt64?
    var ledger = DeliveryLedger()
    var watch: DeliveryWatch
    private var buffer: [AMQPDelivery] = []
    private var waiters: [OneShot<Void>] = []

    init(
        prefetch: Int,
        coalescing: AMQPAckCoalescing = .automatic,
        mode: Mode = .acknowledged,
        yields: Bool = false,
        keepsUnreadable: Bool = false,
        queue: String = "",
        overdueAfter limit: Duration? = nil,
        position: SubscriptionPosition
    ) {
        self.queue = queue
        // The broker takes back nothing that needs no ack.
        watch = DeliveryWatch(limit: mode == .automatic ? nil : limit)
        self.coalescing = coalescing
        self.mode = mode
        self.yields = yields
        self.keepsUnreadable = keepsUnreadable
        self.prefetch = prefetch
        self.position = position
    }

    /// Deliveries the broker may still send before it hears an ack.
    var allowance: Int { max(0, prefetch - buffer.count) }

    /// Whether much more came than was asked for.
    ///
    /// Streams hand out whole chunks, and quorum queues may grant a little more; beyond that a broker goes only where
    /// nothing is acked.
    private var isFull: Bool { buffer.count > 2 * prefetch + 4096 }

    /// Whether the connection is not read until the application has caught up: because the broker cannot be asked to
    /// stop, or does not.
    var isOverfull: Bool { isFull && (!isYielding || surplus > Self.surplusLimit) }

    /// What a broker may have under way when it is asked to stop: as much as there is room for in sockets, and more.
    private static let surplusLimit = 64 << 20

    /// Whether more acks may be gathered: the broker may send at least half of the prefetch before it hears of them.
    var mayGatherAcks: Bool {
        ledger.unsettled + ledger.gathered <= prefetch / 2 && ledger.gathered < coalescing.count
    }

    /// Whether an iterator waits for something to come.
    var isAwaited: Bool { waiters.contains { $0.current == nil } }

    /// The queue that is consumed; `nil` while a private one is not there.
    var queueName: String? { queue.isEmpty ? privateQueue : queue }

    /// A private queue that stays when its channel goes, for it is not consumed.
    var unconsumedQueue: String? { consumerTag == nil ? privateQueue : nil }

    // MARK: - Events

    /// A step of the channel's opening, or of a resumption, was answered.
    mutating func answered(_ reply: CallReply) {
        switch reply {
        case .queueDeclareOK(let status): privateQueue = status.name
        case .basicConsumeOK(let tag): consumerTag = tag
        default: return
        }
    }

    mutating func delivered(_ contents: DeliveryContents, settler: DeliverySettler) throws(WireError) {
        guard ledger.delivered(contents.incoming.envelope.tag) else {
            throw WireError("delivery \(contents.incoming.envelope.tag) on a channel out of turn")
        }
        let delivery = AMQPDelivery(contents: contents, settler: settler, subscription: position.current)
        // Nobody would take it: it goes back with the channel.
        if !isDropped { buffer.append(delivery) }
        if isYielding { surplus += delivery.body.count }
        watch.delivered(delivery.deliveryTag, contents.incoming.message.properties.messageID)
        switch mode {
        case .acknowledged: return
        case .automatic: _ = ledger.settle(delivery.deliveryTag)
        case .stream: nextOffset = delivery.streamOffset.map { $0 + 1 } ?? nextOffset
        }
    }

    /// Wakes the iterators that wait, when there is something for them.
    mutating func wakeIfFilled(into effects: inout Effects) {
        guard !buffer.isEmpty, !waiters.isEmpty else { return }
        effects.wakes += waiters
        waiters.removeAll(keepingCapacity: true)
    }

    /// Begins to yield if too much has come.
    ///
    /// - Returns: whether the broker has to hear of it.
    mutating func yieldIfFull() -> Bool {
        guard yields, !isYielding, isFull else { return false }
        isYielding = true
        return true
    }

    /// The broker shall send no more either.
    mutating func stop(into effects: inout Effects) {
        isStopped = true
        drop(into: &effects)
    }

    mutating func drop(into effects: inout Effects) {
        isDropped = true
        buffer = []
        wakeAll(into: &effects)
    }

    mutating func wakeAll(into effects: inout Effects) {
        effects.wakes += waiters
        waiters = []
    }

    /// The channel is gone: what will be delivered again, nobody shall work on now.
    mutating func lost(into effects: inout Effects) {
        position.advance()
        leftQueue = nil
        consumerTag = nil
        privateQueue = nil
        isConsuming = false
        surplus = 0
        ledger = DeliveryLedger()
        watch.lost()
        if mode.deliversAgain {
            buffer = []
        } else {
            // What came with the end would otherwise wait for what comes after it.
            wakeIfFilled(into: &effects)
        }
    }

    // MARK: - Asking the broker

    /// Whether the broker shall send.
    var wantsDeliveries: Bool { !isPaused && !isStopped && !isYielding }

    /// What is sent on a channel to consume, as things are now: nothing while it is paused, nor a private queue, which
    /// goes only with a consumer; and for a stream from where it stopped.
    mutating func steps(of setup: [ClientMethod]) -> [ClientMethod] {
        isConsuming = wantsDeliveries
        let left = leftQueue.take().map { [ClientMethod.queueDelete(name: $0, ifUnused: false, ifEmpty: false)] } ?? []
        return left + setup.compactMap { wantsDeliveries || !$0.isForConsumer ? step($0) : nil }
    }

    private func step(_ step: ClientMethod) -> ClientMethod {
        guard
            let nextOffset,
            case .basicConsume(let queue, let tag, let noLocal, let noAck, let exclusive, var arguments) = step
        else { return step }
        arguments[AMQPStreamOffset.key] = .int64(Int64(clamping: nextOffset))
        return .basicConsume(
            queue: queue,
            consumerTag: tag,
            noLocal: noLocal,
            noAck: noAck,
            exclusive: exclusive,
            arguments: arguments
        )
    }

    /// - Returns: the consumer to cancel, if the broker sends what is not wanted.
    mutating func takeCancel() -> String? {
        guard isConsuming, !wantsDeliveries, let tag = consumerTag.take() else { return nil }
        isConsuming = false
        // It goes with its consumer.
        privateQueue = nil
        return tag
    }

    /// - Returns: what to send if the broker does not send what is wanted.
    mutating func takeConsume(of setup: [ClientMethod]) -> [ClientMethod] {
        guard !isConsuming, wantsDeliveries else { return [] }
        return steps(of: setup)
    }

    mutating func takeAcks() -> [DeliveryLedger.SettlingMethod] {
        ledger.takeAcks(coalescing: coalescing.sharesFrames)
    }

    // MARK: - Taking

    /// What one of several workers may take without leaving the others nothing to do.
    var quarter: Int { max(prefetch, buffer.count) / 4 }

    /// Takes what waits, at most `limit` deliveries, into an empty batch.
    mutating func take(upTo limit: Int, into batch: inout [AMQPDelivery]) {
        guard limit < buffer.count else { return swap(&buffer, &batch) }
        batch += buffer.prefix(limit)
        buffer.removeFirst(limit)
    }

    /// Ends the yielding if what had come is worked off.
    ///
    /// - Returns: whether the broker has to hear of it.
    mutating func goOnIfDrained() -> Bool {
        guard isYielding, buffer.count <= prefetch else { return false }
        isYielding = false
        surplus = 0
        return true
    }

    /// Takes back what an iterator took and nobody saw; it was the first in line.
    mutating func giveBack(_ deliveries: [AMQPDelivery], into effects: inout Effects) {
        guard !isDropped else { return }
        // Those of a lost subscription come again by themselves.
        let kept = deliveries.filter { !mode.deliversAgain || $0.subscription == position.current }
        buffer.insert(contentsOf: kept, at: 0)
        wakeIfFilled(into: &effects)
    }

    mutating func wait(_ waiter: OneShot<Void>) {
        // Those of cancelled tasks are done already.
        waiters.removeAll { $0.current != nil }
        waiters.append(waiter)
    }
}

extension Subscription {
    /// Who settles, and what a lost channel does to deliveries.
    enum Mode {
        /// The application settles; what it has not settled comes again.
        case acknowledged
        /// The broker counts as settled what it has sent.
        case automatic
        /// Settling asks for more; after a loss the log is read on.
        case stream

        /// Whether a delivery of a lost channel comes again by itself.
        var deliversAgain: Bool {
            switch self {
            case .acknowledged: true
            case .automatic, .stream: false
            }
        }
    }
}

extension ClientMethod {
    /// Whether it is there for a consumer alone: the consuming, and what makes a private queue for it.
    fileprivate var isForConsumer: Bool {
        switch self {
        case .basicConsume: true
        case .queueDeclare(let queue, _): queue.name.isEmpty
        case .queueBind(let binding): binding.destination.isEmpty
        default: false
        }
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
