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
        /// `nil`: free, or answered.
        var confirmation: PublishConfirmation?
        /// Which of the confirmation's publishes it is.
        var index: Int32 = 0
        var identity: Identity?
        var mandatory = false
        /// Its caller was told that no answer came in time; the broker may still give one.
        var isLate = false
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
    private var base: UInt64 = 1
    private var next: UInt64 = 1
    private(set) var unanswered = 0
    /// Slots in use: the unanswered ones, and those the broker may still answer.
    private var taken = 0
    private var returns: [UInt64: AMQPReturn] = [:]
    private var marks: [Mark] = []
    /// The last publish that got a mark.
    private var marked: UInt64 = 0

    init(capacity: Int) {
        self.capacity = min(max(1, capacity), 1 << 20)
        let size = 1 << (Int.bitWidth - (self.capacity - 1).leadingZeroBitCount)
        slots = Array(repeating: Slot(), count: size)
    }

    /// The number the next publish will have.
    var nextSequence: UInt64 { next }

    /// How many more may be sent now.
    ///
    /// One publish that gets no answer takes one slot and not the whole window: later ones may be answered long before
    /// it, up to a span at which it is forgotten.
    var room: Int { capacity - taken }

    private static let maximumSpan = 64

    /// Makes room in the ring for one more.
    private mutating func makeRoom() {
        guard Int(next - base) == slots.count else { return }
        guard slots.count >= capacity * Self.maximumSpan, slots[Int(base & mask)].isLate else { return grow() }
        slots[Int(base & mask)] = Slot()
        taken -= 1
        skipAnswered()
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: Slot(), count: old.count * 2)
        for sequence in base..<next {
            slots[Int(sequence & mask)] = old[Int(sequence & UInt64(old.count - 1))]
        }
    }

    private mutating func skipAnswered() {
        while base < next && slots[Int(base & mask)].confirmation == nil { base += 1 }
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
        taken += 1
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
            while base <= last {
                resolve(base, acked: acked, into: &resolutions)
                base += 1
            }
        } else if tag >= base {
            resolve(tag, acked: acked, into: &resolutions)
        }
        skipAnswered()
        while let mark = marks.first, mark.sequence < base { marks.removeFirst() }
    }

    private mutating func resolve(_ sequence: UInt64, acked: Bool, into resolutions: inout [Resolution]) {
        let place = Int(sequence & mask)
        guard let confirmation = slots[place].confirmation.take() else { return }
        slots[place].identity = nil
        taken -= 1
        let returned = returns.isEmpty ? nil : returns.removeValue(forKey: sequence)
        guard !slots[place].isLate else { return }
        unanswered -= 1
        let index = Int(slots[place].index)
        guard acked else {
            return resolutions.append(Resolution(confirmation: confirmation, outcome: .refused, index: index))
        }
        if let returned {
            return resolutions.append(
                Resolution(confirmation: confirmation, outcome: .returned(returned), index: index)
            )
        }
        // Those of a batch are answered together.
        let outcome = AMQPPublishOutcome.acked(routed: slots[place].mandatory)
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
            return (base..<next).first { sequence in
                let slot = slots[Int(sequence & mask)]
                return slot.confirmation != nil && slot.mandatory && slot.identity == identity
                    && returns[sequence] == nil
            }
        }
        guard case .int64(let stamp) = message.message.properties.headers[PublishEncoder.stampKey],
            let sequence = UInt64(exactly: stamp), sequence >= base, sequence < next
        else { return nil }
        return sequence
    }

    /// The channel is gone: what has no answer will never have one.
    mutating func lost(_ cause: AMQPError, into resolutions: inout [Resolution]) {
        for sequence in base..<next {
            let slot = slots[Int(sequence & mask)]
            guard let confirmation = slot.confirmation, !slot.isLate else { continue }
            resolutions.append(
                Resolution(confirmation: confirmation, outcome: .unknown(cause), index: Int(slot.index))
            )
        }
        self = ConfirmWindow(capacity: capacity)
    }

    // MARK: - Time

    /// Notes that everything sent so far had been sent by `now`; called once per write, not per message.
    mutating func mark(at now: MonotonicTime) {
        guard next > base, marked < next - 1 else { return }
        marked = next - 1
        marks.append(Mark(sequence: marked, time: now))
    }

    /// Since when the oldest unanswered publish has been waiting.
    var oldest: MonotonicTime? { marks.first?.time }

    /// Gives up on answers that take longer than `timeout`.
    ///
    /// Their slots stay taken: the broker may still answer.
    mutating func expire(
        now: MonotonicTime,
        timeout: Duration,
        _ cause: @autoclosure () -> AMQPError,
        into resolutions: inout [Resolution]
    ) {
        while let mark = marks.first, mark.time.advanced(by: timeout) <= now {
            marks.removeFirst()
            guard mark.sequence >= base else { continue }
            let cause = cause()
            for sequence in base...mark.sequence {
                let place = Int(sequence & mask)
                guard let confirmation = slots[place].confirmation, !slots[place].isLate else { continue }
                slots[place].isLate = true
                unanswered -= 1
                resolutions.append(
                    Resolution(confirmation: confirmation, outcome: .unknown(cause), index: Int(slots[place].index))
                )
            }
        }
    }
}
