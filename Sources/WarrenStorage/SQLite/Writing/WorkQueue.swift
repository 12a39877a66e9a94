import WarrenRuntime

/// What waits for the writer thread, and what the thread is to do next.
///
/// Whatever is to be written while a transaction is under way joins it, and all share one commit. Tasks that were served
/// together come back nearly together, but not quite: so where a commit takes long, it is put off for a moment until as
/// many are in it as were in the last one. A lone task never waits for others.
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
        /// Until when its commit is put off, once there was nothing left to do.
        var end: MonotonicTime?
    }

    /// A transaction takes no more than this, and nothing after so long: nobody waits for ever for others.
    private static let groupCount = 1000
    private static let groupSize = 8 << 20
    private static let groupTime = Duration.milliseconds(10)

    /// The part of a commit's time that is given to those who may come.
    private static let share = 2

    /// Less time than this is not worth a sleep.
    private static let shortestWait = Duration.microseconds(20)

    /// However long a commit takes.
    private static let longestWait = Duration.milliseconds(5)

    private var reads: [Job] = []
    private var writes: [Job] = []
    /// How many have to wait before the thread is woken.
    private var wakingCount = Int.max
    private var isClosing = false
    private var group: Group?
    /// How many were in the last transaction.
    private var expectedCount = 0
    private var wait = Duration.zero

    /// How many jobs wait.
    var count: Int { reads.count + writes.count }

    /// Adds a job.
    ///
    /// - Returns: whether the thread has to be woken; `nil` when nothing more is taken.
    mutating func add(_ job: Job) -> Bool? {
        guard !isClosing else { return nil }
        if job.kind == .reading { reads.append(job) } else { writes.append(job) }
        return wakesThread()
    }

    /// Takes nothing more.
    ///
    /// - Returns: whether the thread has to be woken.
    mutating func close() -> Bool {
        isClosing = true
        guard wakingCount != .max else { return false }
        wakingCount = .max
        return true
    }

    /// Says what the thread, which is awake, is to do now.
    mutating func next(now: MonotonicTime) -> Step {
        wakingCount = .max
        guard var group else {
            if !reads.isEmpty { return .read(exchange(&reads, with: [])) }
            if !writes.isEmpty { return .write(join(Group(begun: now))) }
            if isClosing { return .end }
            wakingCount = 1
            return .sleep
        }
        let mayJoin =
            group.count < Self.groupCount && group.size < Self.groupSize
            && now < group.begun.advanced(by: Self.groupTime)
        if mayJoin, !writes.isEmpty { return .write(join(group)) }
        let missing = expectedCount - group.count
        if mayJoin, missing > 0, !isClosing, wait >= Self.shortestWait {
            let end = group.end ?? now.advanced(by: wait)
            group.end = end
            self.group = group
            if now < end {
                wakingCount = max(1, missing / 4)
                return .gather(now.duration(until: end))
            }
        }
        expectedCount = group.count
        self.group = nil
        return .commit
    }

    /// Notes how long the commit took.
    mutating func committed(in duration: Duration) {
        wait = min(duration / Self.share, Self.longestWait)
    }

    private mutating func wakesThread() -> Bool {
        guard count >= wakingCount else { return false }
        wakingCount = .max
        return true
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
