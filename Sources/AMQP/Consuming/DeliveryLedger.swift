/// The deliveries of one subscription that are not settled yet, and the acks that wait to be sent.
///
/// The broker numbers deliveries of a channel from one, without gaps. They are kept in a ring, where a delivery is found
/// by its tag; what stays there while thousands behind it are settled steps aside, so that the ring is as large as what
/// is unsettled, and not as what has come since.
struct DeliveryLedger: ~Copyable {
    private enum Entry: UInt8 {
        case unsettled
        /// Acked by the application, not yet told to the broker.
        case acked
        case settled
    }

    /// A delivery that has left the ring without being settled.
    private struct Straggler {
        let tag: UInt64
        var entry: Entry
    }

    /// What tells the broker that deliveries are settled.
    enum SettlingMethod: Equatable {
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

    /// A smaller ring is not worth a straggler.
    private static let smallRing = 1024

    /// `entries[tag & mask]` for `base ..< next`.
    private var entries: [Entry] = Array(repeating: .settled, count: 16)
    private var base: UInt64 = 1
    private(set) var next: UInt64 = 1
    /// What is not settled before `base`, in order.
    private var stragglers: [Straggler] = []
    private(set) var unsettled = 0
    /// Tags in state `acked`, in the order of their acks.
    private var acked: [UInt64] = []

    init() {}

    /// How many acks wait to be sent.
    var gathered: Int { acked.count }

    /// How many deliveries there is memory for.
    var capacity: Int { entries.count + stragglers.count }

    /// Everything before it is settled.
    var oldest: UInt64 { stragglers.first?.tag ?? base }

    private func index(_ tag: UInt64) -> Int { Int(tag & UInt64(entries.count - 1)) }

    /// Where among the stragglers a tag is, or would be.
    private func place(_ tag: UInt64) -> Int {
        var (low, high) = (0, stragglers.count)
        while low < high {
            let middle = (low + high) / 2
            if stragglers[middle].tag < tag { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func entry(_ tag: UInt64) -> Entry {
        if tag >= base { return tag < next ? entries[index(tag)] : .settled }
        let place = place(tag)
        return place < stragglers.count && stragglers[place].tag == tag ? stragglers[place].entry : .settled
    }

    /// For a delivery that is unsettled.
    private mutating func set(_ tag: UInt64, _ entry: Entry) {
        write(tag, entry)
        unsettled -= 1
        if entry == .acked { acked.append(tag) }
    }

    private mutating func setAll(upTo tag: UInt64, _ entry: Entry) {
        for place in 0..<place(min(tag, base - 1) + 1) where stragglers[place].entry == .unsettled {
            set(stragglers[place].tag, entry)
        }
        guard tag >= base else { return }
        for each in base...tag where isUnsettled(each) { set(each, entry) }
    }

    /// For a delivery that is not settled.
    private mutating func write(_ tag: UInt64, _ entry: Entry) {
        if tag >= base {
            entries[index(tag)] = entry
        } else {
            stragglers[place(tag)].entry = entry
        }
    }

    func isUnsettled(_ tag: UInt64) -> Bool { entry(tag) == .unsettled }

    /// The first delivery that the application has not settled.
    var oldestUnsettled: UInt64? {
        stragglers.first { $0.entry == .unsettled }?.tag ?? (base..<next).first { isUnsettled($0) }
    }

    /// The deliveries from `first` to `last` that the application has not settled.
    func unsettled(from first: UInt64, through last: UInt64) -> [UInt64] {
        let aside = stragglers[place(first)...].prefix { $0.tag <= last }.filter { $0.entry == .unsettled }.map(\.tag)
        let (first, end) = (max(first, base), min(last, next - 1) + 1)
        return first < end ? aside + (first..<end).filter { isUnsettled($0) } : aside
    }

    // MARK: - Events

    /// - Returns: whether the tag is the next in line; anything else breaks the protocol.
    mutating func delivered(_ tag: UInt64) -> Bool {
        guard tag == next else { return false }
        if Int(next - base) == entries.count { makeRoom() }
        entries[index(tag)] = .unsettled
        next += 1
        unsettled += 1
        return true
    }

    /// - Returns: whether the delivery was unsettled; `false` means that it was settled before.
    mutating func ack(_ tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        set(tag, .acked)
        return true
    }

    /// Settles one delivery by a frame of its own.
    mutating func settle(_ tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        set(tag, .settled)
        forgetSettled(from: tag)
        return true
    }

    /// Settles every unsettled delivery up to `tag`.
    mutating func settleAll(upTo tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        setAll(upTo: tag, .settled)
        forgetSettled(from: 0)
        return true
    }

    /// Acks every unsettled delivery up to `tag`.
    mutating func ackAll(upTo tag: UInt64) -> Bool {
        guard entry(tag) == .unsettled else { return false }
        setAll(upTo: tag, .acked)
        return true
    }

    /// The fewest frames that tell the broker of all acks so far: one for the unbroken run at the front, one each for
    /// the rest.
    mutating func takeAcks(coalescing: Bool = true) -> [SettlingMethod] {
        guard !acked.isEmpty else { return [] }
        guard coalescing, stragglers.isEmpty else { return takeEachAck(coalescing: coalescing) }
        var settlements: [SettlingMethod] = []
        var covered = base
        var last: (tag: UInt64, count: Int)?
        while covered < next, entries[index(covered)] != .unsettled {
            if entries[index(covered)] == .acked { last = (covered, (last?.count ?? 0) + 1) }
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

    /// One frame for each ack; of an unbroken run at the front only where stragglers have to go first.
    private mutating func takeEachAck(coalescing: Bool) -> [SettlingMethod] {
        let front = coalescing ? oldestUnsettled ?? next : 0
        let run = acked.filter { $0 < front }
        var settlements = acked.filter { $0 >= front }.map { SettlingMethod.ack(tag: $0, multiple: false) }
        if let last = run.max() { settlements.insert(.ack(tag: last, multiple: run.count > 1), at: 0) }
        for tag in acked { write(tag, .settled) }
        acked.removeAll(keepingCapacity: true)
        forgetSettled(from: 0)
        return settlements
    }

    /// What is settled at the front needs no place; nothing was settled now before `first`.
    private mutating func forgetSettled(from first: UInt64) {
        if first < base { stragglers.removeAll { $0.entry == .settled } }
        while base < next, entries[index(base)] == .settled { base += 1 }
    }

    /// The ring is full: of settled deliveries behind a few that are not, or of unsettled ones.
    private mutating func makeRoom() {
        guard entries.count >= Self.smallRing, (unsettled + acked.count) * 4 <= entries.count else { return grow() }
        while Int(next - base) > entries.count / 2 {
            let entry = entries[index(base)]
            if entry != .settled { stragglers.append(Straggler(tag: base, entry: entry)) }
            base += 1
        }
        forgetSettled(from: base)
    }

    private mutating func grow() {
        var larger = Array(repeating: Entry.settled, count: entries.count * 2)
        let mask = UInt64(larger.count - 1)
        for tag in base..<next { larger[Int(tag & mask)] = entries[index(tag)] }
        entries = larger
    }
}
