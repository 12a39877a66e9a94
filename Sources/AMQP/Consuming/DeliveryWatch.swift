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

    /// After how long a delivery is overdue; `nil`: never.
    private let limit: Duration?
    private var marks: [Mark] = []
    /// The message ids of the deliveries from `firstID` on; kept only if something can be overdue.
    private var ids: [String?] = []
    private var firstID: UInt64 = 1
    /// Everything up to here was settled, or reported as overdue.
    private var reported: UInt64 = 0

    init(limit: Duration?) {
        self.limit = limit
    }

    // MARK: - Events

    /// A delivery came; in the order of their tags.
    mutating func delivered(_ messageID: @autoclosure () -> String?) {
        if limit != nil { ids.append(messageID()) }
    }

    /// A batch from the broker ends, with everything up to `last` delivered and everything before `oldest` settled.
    mutating func mark(upTo last: UInt64, oldest: UInt64, at now: MonotonicTime) {
        while let first = marks.first, first.last < oldest { marks.removeFirst() }
        if limit != nil, oldest > firstID {
            let settled = min(ids.count, Int(clamping: oldest - firstID))
            // In large steps, because what follows moves up.
            if settled > 64 || settled == ids.count {
                ids.removeFirst(settled)
                firstID += UInt64(settled)
            }
        }
        guard last >= oldest, last > marks.last?.last ?? 0 else { return }
        marks.append(Mark(last: last, time: now))
        if marks.count > Self.maximumMarks { thin() }
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

    func messageID(_ tag: UInt64) -> String? {
        guard tag >= firstID, tag - firstID < ids.count else { return nil }
        return ids[Int(tag - firstID)]
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
            for tag in max(reported + 1, ledger.base)..<max(mark.last + 1, ledger.base, reported + 1)
            where ledger.isUnsettled(tag) {
                let age = mark.time.duration(until: now)
                overdue.append(Overdue(tag: tag, messageID: messageID(tag), age: age))
            }
            reported = mark.last
        }
        return overdue
    }
}
