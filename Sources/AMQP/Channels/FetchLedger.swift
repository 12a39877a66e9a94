/// The messages fetched on one channel that are not settled.
struct FetchLedger {
    /// What a settlement meets.
    enum Verdict: Equatable {
        /// The message is settled by it.
        case settled
        case alreadySettled
        /// The message was given back, and is delivered again under another tag.
        case stale
    }

    private var unsettled: Set<UInt64> = []
    /// Settled in a transaction that is not committed; `nil`: there are no transactions.
    private var uncommitted: Set<UInt64>?
    private var last: UInt64 = 0
    /// What is unsettled up to here was given back.
    private var givenBack: UInt64 = 0

    init() {}

    // MARK: - Events

    /// A message came for somebody who still waits for it.
    mutating func fetched(_ tag: UInt64) {
        unsettled.insert(tag)
        last = max(last, tag)
    }

    /// With `multiple`, everything before it is settled too.
    ///
    /// - Returns: what the settlement meets.
    mutating func settle(_ tag: UInt64, multiple: Bool) -> Verdict {
        guard unsettled.contains(tag) else { return tag <= givenBack ? .stale : .alreadySettled }
        let settled = multiple ? unsettled.filter { $0 <= tag } : [tag]
        unsettled.subtract(settled)
        uncommitted?.formUnion(settled)
        return .settled
    }

    /// A call was sent; what is settled from now on, the broker sees after it.
    mutating func sent(_ method: ClientMethod) {
        switch method {
        case .basicRecover: recovered()
        case .txSelect: uncommitted = uncommitted ?? []
        case .txCommit where uncommitted != nil: uncommitted = []
        case .txRollback:
            unsettled.formUnion(uncommitted ?? [])
            if uncommitted != nil { uncommitted = [] }
        default: return
        }
    }

    /// Everything is given back: what is here now, and, once more at the broker's answer, what was on its way.
    mutating func recovered() {
        unsettled = []
        givenBack = last
    }
}
