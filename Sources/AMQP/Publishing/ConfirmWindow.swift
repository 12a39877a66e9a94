import WarrenRuntime

/// The publishes of one channel that the broker has not answered: a ring of slots, numbered as the broker counts them.
struct ConfirmWindow: ~Copyable {
    /// An outcome of publishes that stand one behind the other in a call.
    struct Resolution {
        let confirmation: PublishConfirmation
        let outcome: AMQPPublishOutcome
        var index = 0
        var count = 1
    }

    private struct Slot {
        /// `nil`: free, answered, or given up.
        var confirmation: PublishConfirmation?
        /// Which of the confirmation's publishes it is.
        var index: Int32 = 0
        var identity: Identity?
        var mandatory = false
    }

    /// A publish that a whole ring of later ones has left behind.
    private struct Straggler {
        let sequence: UInt64
        let slot: Slot
        /// Since when it waits; `nil`: it was not written yet.
        var time: MonotonicTime?
    }

    /// What a returned message with a message id is recognised by.
    ///
    /// The id alone is not enough: a message may be on its way to several places.
    struct Identity: Equatable {
        let messageID: String
        let exchange: String
        let routingKey: String
    }

    /// Everything up to `sequence` had been appended by `time`.
    private struct Mark {
        let sequence: UInt64
        let time: MonotonicTime
    }

    /// How many publishes may be unanswered.
    let capacity: Int
    private var slots: [Slot]
    private var mask: UInt64 { UInt64(slots.count - 1) }
    /// The ring holds the publishes from `base` up to `next`.
    private var base: UInt64 = 1
    private var next: UInt64 = 1
    /// In the order of their numbers, all of them below `base`: one publish without answer costs one place, and neither
    /// more memory nor more time for all that are answered after it.
    private var stragglers: [Straggler] = []
    private(set) var unanswered = 0
    private var returns: [UInt64: AMQPReturn] = [:]
    private var marks: [Mark] = []
    /// The last publish that got a mark.
    private var marked: UInt64 = 0
    /// Why the first publish was not acked, of those since it was last asked for whose callers are not told.
    private var failure: AMQPError?

    init(capacity: Int) {
        self.capacity = min(max(1, capacity), 1 << 20)
        let size = 1 << (Int.bitWidth - (self.capacity - 1).leadingZeroBitCount)
        slots = Array(repeating: Slot(), count: size)
    }

    /// The number the next publish will have.
    var nextSequence: UInt64 { next }

    /// The oldest publish that waits for its answer, or else the next one.
    var oldestSequence: UInt64 { stragglers.first?.sequence ?? base }

    /// How many more may be sent now.
    var room: Int { capacity - unanswered }

    /// Makes room in the ring for one more.
    private mutating func makeRoom() {
        guard Int(next - base) == slots.count else { return }
        stragglers.append(Straggler(sequence: base, slot: slots[Int(base & mask)], time: marks.first?.time))
        slots[Int(base & mask)] = Slot()
        skipAnswered()
    }

    /// Goes on to the oldest publish in the ring that waits for its answer.
    private mutating func skipAnswered() {
        while base < next && slots[Int(base & mask)].confirmation == nil { base += 1 }
        while let mark = marks.first, mark.sequence < base { marks.removeFirst() }
    }

    /// Whether a good part of it is free: waiting for that makes one wake-up bring many messages instead of one.
    var hasRoomForMany: Bool { room >= max(1, capacity / 4) }

    // MARK: - Events

    /// A publish was appended to the outbox; there must be room.
    mutating func sent(_ confirmation: PublishConfirmation, index: Int = 0, _ identity: Identity?, mandatory: Bool) {
        makeRoom()
        slots[Int(next & mask)] = Slot(
            confirmation: confirmation,
            index: Int32(truncatingIfNeeded: index),
            identity: identity,
            mandatory: mandatory
        )
        next += 1
        unanswered += 1
    }

    /// `basic.ack` or `basic.nack`.
    ///
    /// - Throws: when the broker answers what was never sent; an answer given before is ignored.
    mutating func answered(
        _ tag: UInt64,
        multiple: Bool,
        acked: Bool,
        into resolutions: inout [Resolution]
    ) throws(WireError) {
        guard tag < next, tag > 0 || multiple else {
            throw WireError("a confirm of publish \(tag), when \(next - 1) were sent")
        }
        if multiple {
            // Zero means "all so far" (AMQP 0-9-1, basic.ack).
            let last = tag == 0 ? next - 1 : tag
            let count = stragglers.firstIndex { $0.sequence > last } ?? stragglers.count
            for straggler in stragglers.prefix(count) {
                resolve(straggler.sequence, straggler.slot, acked: acked, into: &resolutions)
            }
            stragglers.removeFirst(count)
            while base <= last {
                resolve(base, acked: acked, into: &resolutions)
                base += 1
            }
        } else if tag >= base {
            resolve(tag, acked: acked, into: &resolutions)
        } else if let index = stragglers.firstIndex(where: { $0.sequence == tag }) {
            resolve(tag, stragglers.remove(at: index).slot, acked: acked, into: &resolutions)
        }
        skipAnswered()
    }

    private mutating func resolve(_ sequence: UInt64, acked: Bool, into resolutions: inout [Resolution]) {
        resolve(sequence, exchange(&slots[Int(sequence & mask)], with: Slot()), acked: acked, into: &resolutions)
    }

    @inline(__always)
    private mutating func resolve(
        _ sequence: UInt64,
        _ slot: Slot,
        acked: Bool,
        into resolutions: inout [Resolution]
    ) {
        guard let confirmation = slot.confirmation else { return }
        let returned = returns.isEmpty ? nil : returns.removeValue(forKey: sequence)
        unanswered -= 1
        let index = Int(slot.index)
        guard acked, returned == nil else {
            let outcome = acked ? returned.map(AMQPPublishOutcome.returned) ?? .refused : .refused
            note(outcome, of: confirmation)
            return resolutions.append(Resolution(confirmation: confirmation, outcome: outcome, index: index))
        }
        // Those of a batch are answered together.
        let outcome = AMQPPublishOutcome.acked(routed: slot.mandatory)
        let last = resolutions.count - 1
        if index > 0, last >= 0, resolutions[last].confirmation === confirmation,
            resolutions[last].index + resolutions[last].count == index, resolutions[last].outcome == outcome
        {
            resolutions[last].count += 1
        } else {
            resolutions.append(Resolution(confirmation: confirmation, outcome: outcome, index: index))
        }
    }

    /// `basic.return`: remembered until the ack of the same message follows.
    mutating func returned(_ message: AMQPReturn) {
        guard let sequence = sequence(of: message) else { return }
        returns[sequence] = message.withoutStamp
    }

    /// By identity where there is a message id, else by the stamp.
    private func sequence(of message: AMQPReturn) -> UInt64? {
        if let id = message.message.properties.messageID {
            let identity = Identity(messageID: id, exchange: message.exchange, routingKey: message.routingKey)
            func isMeant(_ sequence: UInt64, _ slot: Slot) -> Bool {
                slot.mandatory && slot.identity == identity && returns[sequence] == nil
            }
            return stragglers.first { isMeant($0.sequence, $0.slot) }?.sequence
                ?? (base..<next).first { isMeant($0, slots[Int($0 & mask)]) }
        }
        guard case .int64(let stamp) = message.message.properties.headers[PublishEncoder.stampKey],
            let sequence = UInt64(exactly: stamp), let slot = slot(sequence), slot.mandatory, slot.identity == nil
        else { return nil }
        return sequence
    }

    /// A publish that waits for its answer.
    private func slot(_ sequence: UInt64) -> Slot? {
        guard sequence < next else { return nil }
        guard sequence >= base else { return stragglers.first { $0.sequence == sequence }?.slot }
        let slot = slots[Int(sequence & mask)]
        return slot.confirmation == nil ? nil : slot
    }

    /// The channel is gone: what has no answer will never have one.
    mutating func lost(_ cause: AMQPError, into resolutions: inout [Resolution]) {
        giveUp(through: next - 1, cause, into: &resolutions)
        let failure = failure
        self = ConfirmWindow(capacity: capacity)
        self.failure = failure
    }

    /// Tells of everything unanswered up to `last` that its outcome is unknown, and thinks of it no more.
    private mutating func giveUp(through last: UInt64, _ cause: AMQPError, into resolutions: inout [Resolution]) {
        let count = stragglers.firstIndex { $0.sequence > last } ?? stragglers.count
        for straggler in stragglers.prefix(count) {
            giveUp(straggler.sequence, straggler.slot, cause, into: &resolutions)
        }
        stragglers.removeFirst(count)
        while base <= last {
            giveUp(base, exchange(&slots[Int(base & mask)], with: Slot()), cause, into: &resolutions)
            base += 1
        }
        skipAnswered()
    }

    private mutating func giveUp(
        _ sequence: UInt64,
        _ slot: Slot,
        _ cause: AMQPError,
        into resolutions: inout [Resolution]
    ) {
        guard let confirmation = slot.confirmation else { return }
        returns[sequence] = nil
        unanswered -= 1
        note(.unknown(cause), of: confirmation)
        resolutions.append(
            Resolution(confirmation: confirmation, outcome: .unknown(cause), index: Int(slot.index))
        )
    }

    // MARK: - Failures

    /// Remembers an outcome that is no ack, if it is the first one, for whoever asks about all publishes together.
    mutating func note(_ outcome: AMQPPublishOutcome, of confirmation: PublishConfirmation) {
        guard failure == nil, !confirmation.isTold else { return }
        failure = outcome.error
    }

    mutating func takeFailure() -> AMQPError? { failure.take() }

    // MARK: - Time

    /// Notes that everything sent so far had been sent by `now`; called once per write, not per message.
    mutating func mark(at now: MonotonicTime) {
        guard oldestSequence < next, marked < next - 1 else { return }
        marked = next - 1
        marks.append(Mark(sequence: marked, time: now))
        for index in stragglers.indices.reversed() {
            guard stragglers[index].time == nil else { break }
            stragglers[index].time = now
        }
    }

    /// Since when the oldest unanswered publish has been waiting.
    var oldest: MonotonicTime? { stragglers.first?.time ?? marks.first?.time }

    /// Gives up on answers that take longer than `timeout`; one that comes later is ignored.
    mutating func expire(
        now: MonotonicTime,
        timeout: Duration,
        _ cause: @autoclosure () -> AMQPError,
        into resolutions: inout [Resolution]
    ) {
        func isDue(_ time: MonotonicTime?) -> Bool { time.map { $0.advanced(by: timeout) <= now } ?? false }
        let last = marks.last { isDue($0.time) }?.sequence ?? stragglers.last { isDue($0.time) }?.sequence
        if let last { giveUp(through: last, cause(), into: &resolutions) }
    }
}
