/// The deliveries of one subscription that are not settled yet, and the acks that wait to be sent.
///
/// The broker numbers deliveries of a channel from one, without gaps.
struct DeliveryLedger: ~Copyable {
    private enum Entry: UInt8 {
        case unsettled
        /// Acked by the application, not yet told to the broker.
        case acked
        case settled
    }

    /// A frame that settles deliveries.
    enum Settlement: Equatable {
        case ack(tag: UInt64, multiple: Bool)
        case nack(tag: UInt64, multiple: Bool, requeue: Bool)
        case reject(tag: UInt64, requeue: Bool)

        var method: ClientMethod {
            switch self {
            case .ack(let tag, let multiple): .basicAck(tag: tag, multiple: multiple)
            case .nack(let tag, let multiple, let requeue):
                .basicNack(tag: tag, multiple: multiple, requeue: requeue)
            case .reject(let tag, let requeue): .basicReject(tag: tag, requeue: requeue)
            }
        }
    }

    /// `entries[tag & mask]` for `base ..< next`.
    private var entries: [Entry] = Array(repeating: .settled, count: 16)
    private(set) var base: UInt64 = 1
    private(set) var next: UInt64 = 1
    private(set) var unsettled = 0
    /// Tags in state `acked`, in the order of their acks.
    private var acked: [UInt64] = []

    init() {}

    /// How many acks wait to be sent.
    var gathered: Int { acked.count }

    private func index(_ tag: UInt64) -> Int { Int(tag & UInt64(entries.count - 1)) }

    private func entry(_ tag: UInt64) -> Entry {
        tag >= base && tag < next ? entries[index(tag)] : .settled
    }

    func isUnsettled(_ tag: UInt64) -> Bool { entry(tag) == .unsettled }

    /// The first delivery that the application has not settled.
    var oldestUnsettled: UInt64? { (base..<next).first { isUnsettled($0) } }

    // MARK: - Events

    /// - Returns: whether the tag is the next in line; anything else breaks the protocol.
    mutating func delivered(_ tag: UInt64) -> Bool {
        guard tag == next else { return false }
        if Int(next - base) == entries.count { grow() }
        entries[index(tag)] = .unsettled
        next += 1
        unsettled += 1
        return true
    }

    /// - Returns: whether the delivery was unsettled; `false` means that it was settled before.
    mutating func ack(_ tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        entries[index(tag)] = .acked
        unsettled -= 1
        acked.append(tag)
        return true
    }

    /// Settles one delivery by a frame of its own.
    mutating func settle(_ tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        entries[index(tag)] = .settled
        unsettled -= 1
        advance()
        return true
    }

    /// Settles every unsettled delivery up to `tag`.
    mutating func settleAll(upTo tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        for tag in base...tag where entry(tag) == .unsettled {
            entries[index(tag)] = .settled
            unsettled -= 1
        }
        advance()
        return true
    }

    /// Acks every unsettled delivery up to `tag`.
    mutating func ackAll(upTo tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        for tag in base...tag { _ = ack(tag) }
        return true
    }

    /// The fewest frames that tell the broker of all acks so far: one for the unbroken run at the front, one each for
    /// the rest.
    mutating func takeAcks(coalescing: Bool = true) -> [Settlement] {
        guard !acked.isEmpty else { return [] }
        guard coalescing else { return takeEachAck() }
        var settlements: [Settlement] = []
        var covered = base
        var last: (tag: UInt64, count: Int)?
        while covered < next, entry(covered) != .unsettled {
            if entry(covered) == .acked { last = (covered, (last?.count ?? 0) + 1) }
            covered += 1
        }
        if let last { settlements.append(.ack(tag: last.tag, multiple: last.count > 1)) }
        for tag in acked where tag >= covered {
            settlements.append(.ack(tag: tag, multiple: false))
            entries[index(tag)] = .settled
        }
        base = covered
        acked.removeAll(keepingCapacity: true)
        return settlements
    }

    private mutating func takeEachAck() -> [Settlement] {
        let settlements = acked.map { Settlement.ack(tag: $0, multiple: false) }
        for tag in acked { entries[index(tag)] = .settled }
        acked.removeAll(keepingCapacity: true)
        advance()
        return settlements
    }

    private mutating func advance() {
        while base < next, entries[index(base)] == .settled { base += 1 }
    }

    private mutating func grow() {
        var larger = Array(repeating: Entry.settled, count: entries.count * 2)
        let mask = UInt64(larger.count - 1)
        for tag in base..<next { larger[Int(tag & mask)] = entries[index(tag)] }
        entries = larger
    }
}
