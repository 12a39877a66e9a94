import WarrenRuntime

/// What waits for the writer thread, and what the thread is to do next.
///
/// Whatever waits is written in one transaction, and all share its commit. Where a commit is quick, whatever comes in the
/// meantime makes up the next one: while one half of the tasks is served, the other half comes back. Where it is slow, each
/// of them counts: those who were served together come back nearly together, but not quite, so the commit is put off for a
/// moment until as many are in it as were in the last one. A lone task never waits for others.
struct WorkQueue: ~Copyable {
    enum Step {
        /// Do these, which read what is committed.
        case read([Job])
        /// Do these in the transaction that is under way, or else in a new one.
        case write([Job])
        /// Commit the transaction.
        case commit
        /// Sleep so long, or until woken.
        case gather(Duration)
        /// Sleep until woken.
        case sleep
        /// There is nothing to do, and never will be.
        case end
    }

    /// The transaction that is under way.
    private struct Group {
        let begun: MonotonicTime
        var count = 0
        var size = 0
        /// Until when its commit is put off, once too few were there.
        var end: MonotonicTime?
    }

    /// A transaction takes no more than this, and nothing after so long: nobody waits for ever for others.
    private static let groupCount = 1000
    private static let groupSize = 8 << 20
    private static let groupTime = Duration.milliseconds(10)

    /// A commit that takes less time is quick: about as long as it takes to wake those who wait and have them come back.
    private static let quickCommit = Duration.microseconds(150)

    /// The part of a slow commit's time that is given to those who may come, however long it takes.
    private static let share = 2
    private static let longestWait = Duration.milliseconds(5)

    /// They are written in so many portions: the thread is not woken for each, nor idle until the last has come.
    private static let portions = 4

    private var reads: [Job] = []
    private var writes: [Job] = []
    /// How many have to wait to be written before the thread is woken.
    private var wakingCount = Int.max
    /// Whether it is woken for those who read.
    private var wakesForReads = false
    /// Whether those who write have their turn now: those who read may come back as soon as they are served.
    private var hasRead = false
    private var isClosing = false
    private var group: Group?
    /// How many were in the last transaction.
    private var expectedCount = 0
    /// How long the next commit may be put off.
    private var wait = Duration.zero

    /// How many jobs wait.
    var count: Int { reads.count + writes.count }

    /// Adds a job.
    ///
    /// - Returns: whether the thread has to be woken; `nil` when nothing more is taken.
    mutating func add(_ job: Job) -> Bool? {
        guard !isClosing else { return nil }
        let isEnough: Bool
        if job.kind == .reading {
            reads.append(job)
            isEnough = wakesForReads
        } else {
            writes.append(job)
            isEnough = writes.count >= wakingCount
        }
        if isEnough { stayAwake() }
        return isEnough
    }

    /// Takes nothing more.
    ///
    /// - Returns: whether the thread has to be woken.
    mutating func close() -> Bool {
        isClosing = true
        defer { stayAwake() }
        return wakingCount != .max
    }

    /// Says what the thread, which is awake, is to do now.
    mutating func next(now: MonotonicTime) -> Step {
        stayAwake()
        var group = group ?? Group(begun: now)
        if group.count == 0, writes.isEmpty {
            if !reads.isEmpty { return .read(exchange(&reads, with: [])) }
            if isClosing { return .end }
            (wakingCount, wakesForReads) = (1, true)
            return .sleep
        }
        let missing = expectedCount - group.count
        let portion = min(missing, max(1, expectedCount / Self.portions))
        let end = group.end ?? now.advanced(by: wait)
        let isGathering = mayJoin(group, now) && writes.count < portion && now < end && !isClosing
        if isGathering { group.end = end }
        if group.count == 0, !reads.isEmpty, isGathering || !hasRead {
            self.group = group
            hasRead = true
            return .read(exchange(&reads, with: []))
        }
        if isGathering {
            self.group = group
            (wakingCount, wakesForReads) = (portion, group.count == 0)
            return .gather(now.duration(until: end))
        }
        if mayJoin(group, now), !writes.isEmpty {
            hasRead = false
            return .write(join(group))
        }
        expectedCount = group.count
        self.group = nil
        return .commit
    }

    /// Notes how long the commit took.
    mutating func committed(in duration: Duration) {
        wait = duration < Self.quickCommit ? .zero : min(duration / Self.share, Self.longestWait)
    }

    private func mayJoin(_ group: Group, _ now: MonotonicTime) -> Bool {
        if group.count == 0 { return true }
        return wait > .zero && group.count < Self.groupCount && group.size < Self.groupSize
            && now < group.begun.advanced(by: Self.groupTime)
    }

    /// Nobody has to wake the thread.
    private mutating func stayAwake() {
        wakingCount = .max
        wakesForReads = false
    }

    private mutating func join(_ group: Group) -> [Job] {
        var group = group
        let first = group.count
        for job in writes {
            guard group.count < Self.groupCount, group.size < Self.groupSize else { break }
            group.count += 1
            group.size += job.size
        }
        self.group = group
        let count = group.count - first
        if count == writes.count { return exchange(&writes, with: []) }
        defer { writes.removeFirst(count) }
        return Array(writes[..<count])
    }
}
