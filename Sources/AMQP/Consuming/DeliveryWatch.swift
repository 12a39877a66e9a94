import WarrenRuntime

/// Since when the deliveries of one channel are unsettled, and which are so for too long.
///
/// Times are kept per batch from the broker, not per delivery; when there are very many, neighbours share the earlier
/// one's, so that a delivery may seem older than it is, never younger.
struct DeliveryWatch {
    /// Everything after the mark before and up to `last` was delivered at `time`.
    private struct Mark {
        var last: UInt64
        let time: MonotonicTime
    }

    /// A delivery that is unsettled for too long.
    struct Overdue: Equatable {
        let tag: UInt64
        let messageID: String?
        let age: Duration
    }

    private static let maximumMarks = 1024
    /// Fewer ids of settled deliveries are not worth looking for.
    private static let fewIDs = 1024

    /// After how long a delivery is overdue; `nil`: never.
    private let limit: Duration?
    private var marks: [Mark] = []
    /// The message ids of deliveries that may be unsettled, by their tags; kept only if something can be overdue.
    private(set) var ids: [(tag: UInt64, id: String)] = []
    /// Everything up to here was settled, or reported as overdue.
    private var reported: UInt64 = 0

    init(limit: Duration?) {
        self.limit = limit
    }

    // MARK: - Events

    /// A delivery came; in the order of their tags.
    mutating func delivered(_ tag: UInt64, _ messageID: @autoclosure () -> String?) {
        if limit != nil, let id = messageID() { ids.append((tag, id)) }
    }

    /// A batch from the broker ends.
    mutating func mark(_ ledger: borrowing DeliveryLedger, at now: MonotonicTime) {
        let (last, oldest) = (ledger.next - 1, ledger.oldest)
        while let first = marks.first, first.last < oldest { marks.removeFirst() }
        // Seldom, because each time all are looked at.
        if ids.count > Self.fewIDs + 2 * ledger.unsettled { forgetSettled(ledger) }
        guard last >= oldest, last > marks.last?.last ?? 0 else { return }
        marks.append(Mark(last: last, time: now))
        if marks.count > Self.maximumMarks { thin() }
    }

    private mutating func forgetSettled(_ ledger: borrowing DeliveryLedger) {
        var kept: [(tag: UInt64, id: String)] = []
        kept.reserveCapacity(ledger.unsettled)
        for entry in ids where ledger.isUnsettled(entry.tag) { kept.append(entry) }
        ids = kept
    }

    private mutating func thin() {
        var thinned: [Mark] = []
        for (index, mark) in marks.enumerated() {
            if index % 2 == 0 { thinned.append(mark) } else { thinned[thinned.count - 1].last = mark.last }
        }
        marks = thinned
    }

    /// The channel is gone.
    mutating func lost() {
        self = DeliveryWatch(limit: limit)
    }

    // MARK: - Questions

    /// Since when the delivery has been unsettled.
    func since(_ tag: UInt64) -> MonotonicTime? {
        marks.first { $0.last >= tag }?.time
    }

    func isOverdue(since time: MonotonicTime, at now: MonotonicTime) -> Bool {
        limit.map { time.advanced(by: $0) <= now } ?? false
    }

    /// The message id of an unsettled delivery.
    func messageID(_ tag: UInt64) -> String? {
        var (low, high) = (0, ids.count)
        while low < high {
            let middle = (low + high) / 2
            if ids[middle].tag < tag { low = middle + 1 } else { high = middle }
        }
        return low < ids.count && ids[low].tag == tag ? ids[low].id : nil
    }

    /// When the next delivery may become overdue.
    var nextCheck: MonotonicTime? {
        guard let limit, let mark = marks.first(where: { $0.last > reported }) else { return nil }
        return mark.time.advanced(by: limit)
    }

    /// The deliveries that have become overdue, each once.
    mutating func takeOverdue(at now: MonotonicTime, _ ledger: borrowing DeliveryLedger) -> [Overdue] {
        guard let limit else { return [] }
        var overdue: [Overdue] = []
        for mark in marks where mark.last > reported {
            guard mark.time.advanced(by: limit) <= now else { break }
            for tag in ledger.unsettled(from: reported + 1, through: mark.last) {
                let age = mark.time.duration(until: now)
                overdue.append(Overdue(tag: tag, messageID: messageID(tag), age: age))
            }
            reported = mark.last
        }
        return overdue
    }
}
