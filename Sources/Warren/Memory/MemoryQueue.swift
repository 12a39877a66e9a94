internal import WarrenRuntime

/// Events that wait for one observer or subscription of this process, at most so many.
final class MemoryQueue: Sendable {
    /// What happens to an event when there is no room.
    enum Overflow {
        /// The oldest goes.
        case dropOldest
        /// Whoever brings it waits.
        case wait
    }

    /// Whether an event was taken.
    enum Admission {
        case taken
        /// An older one went for it.
        case takenForOldest
        case full
        case closed
    }

    private struct State {
        /// Those before `head` were handed out already.
        var items: [MemoryDelivery] = []
        var head = 0
        var isClosed = false
        /// How many were taken in and are not dealt with.
        var unsettled = 0
        var idlers: [(id: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var isOverflowing = false
        var nextID = 0
        var takers: [(id: Int, continuation: CheckedContinuation<Void, Never>)] = []
        var bringers: [(id: Int, continuation: CheckedContinuation<Void, Never>)] = []
        /// How many subscribers share it.
        var shares = 0

        var count: Int { items.count - head }

        /// What is handed out at a time: as much as there is for each who shares it.
        mutating func take(upTo limit: Int) -> [MemoryDelivery] {
            takeFirst(min(limit, max(1, count / max(1, shares))))
        }

        mutating func takeFirst(_ limit: Int) -> [MemoryDelivery] {
            let taken = Array(items[head...].prefix(limit))
            head += taken.count
            // Nothing waits: nothing is kept alive either.
            if head == items.count {
                items.removeAll(keepingCapacity: true)
                head = 0
            }
            return taken
        }

        /// Lets go of what was handed out, rarely enough that it costs next to nothing each time.
        mutating func compact() {
            guard head > 64, head * 2 > items.count else { return }
            items.removeFirst(head)
            head = 0
        }
    }

    private static let roomWorthWaking = 16

    let name: String
    private let capacity: Int
    private let overflow: Overflow
    private let deadLetters: DeadLetterShelf?
    private let reports: BusReports?
    private let state = Locked(State())

    /// `deadLetters` keeps those of a subscription, `reports` counts what it lets go of.
    init(
        _ name: String,
        capacity: Int,
        overflow: Overflow,
        deadLetters: DeadLetterShelf? = nil,
        reports: BusReports? = nil
    ) {
        self.name = name
        self.capacity = capacity
        self.overflow = overflow
        self.deadLetters = deadLetters
        self.reports = reports
    }

    // What tests wait for.
    var waitingTakers: Int { state.withLock { $0.takers.count } }
    var waitingBringers: Int { state.withLock { $0.bringers.count } }
    var waitingIdlers: Int { state.withLock { $0.idlers.count } }

    // MARK: - Bringing

    /// Takes an event if there is room, or room can be made.
    func offer(_ delivery: MemoryDelivery) -> Admission {
        let (admission, taker) = state.withLock { state -> (Admission, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed else { return (.closed, nil) }
            var admission = Admission.taken
            if state.count >= capacity {
                guard overflow == .dropOldest else { return (.full, nil) }
                state.head += 1
                admission = .takenForOldest
            }
            state.compact()
            state.items.append(delivery)
            if admission == .taken { state.unsettled += 1 }
            return (admission, state.takers.isEmpty ? nil : state.takers.removeFirst().continuation)
        }
        taker?.resume()
        return admission
    }

    /// Whether this is the first loss since it was last empty.
    func beginsOverflowing() -> Bool {
        state.withLock { state in
            defer { state.isOverflowing = true }
            return !state.isOverflowing
        }
    }

    /// Waits until there may be room, or the queue is closed, or the task is cancelled.
    func waitForRoom() async {
        await wait { state, waiter in
            guard state.count >= capacity, !state.isClosed else { return false }
            state.bringers.append(waiter)
            return true
        } leave: { state, id in
            state.bringers.firstIndex { $0.id == id }.map { state.bringers.remove(at: $0).continuation }
        }
    }

    // MARK: - Taking

    /// The next ones, at least one; none when the queue is closed, the task cancelled, or `isOver` says so.
    func next(upTo limit: Int, unless isOver: () -> Bool) async -> [any Delivery] {
        while true {
            let (taken, isClosed, bringers) = state.withLock { state in
                let taken = isOver() ? [] : state.take(upTo: limit)
                if state.count == 0 { state.isOverflowing = false }
                // Waking is dear: those who wait are woken when there is room for several.
                let hasRoom = state.count <= capacity - min(Self.roomWorthWaking, (capacity + 1) / 2)
                let bringers = hasRoom ? state.bringers.map(\.continuation) : []
                if hasRoom { state.bringers = [] }
                return (taken, state.isClosed || isOver(), bringers)
            }
            for bringer in bringers { bringer.resume() }
            if !taken.isEmpty || isClosed || Task.isCancelled { return taken }
            await wait { state, waiter in
                guard state.count == 0, !state.isClosed, !isOver() else { return false }
                state.takers.append(waiter)
                return true
            } leave: { state, id in
                state.takers.firstIndex { $0.id == id }.map { state.takers.remove(at: $0).continuation }
            }
        }
    }

    /// One subscriber more, or less, shares the queue.
    func share(_ change: Int) {
        state.withLock { $0.shares += change }
    }

    /// Lets everyone who waits for events look again whether there is reason to.
    func wakeTakers() {
        let takers = state.withLock { state in
            defer { state.takers = [] }
            return state.takers.map(\.continuation)
        }
        for taker in takers { taker.resume() }
    }

    /// Closes the queue; what is in it is let go.
    func close() {
        let (left, waiters) = state.withLock { state in
            state.isClosed = true
            let left = state.takeFirst(.max)
            let waiters = (state.takers + state.bringers).map(\.continuation)
            (state.takers, state.bringers, state.items, state.head) = ([], [], [], 0)
            return (left, waiters)
        }
        for waiter in waiters { waiter.resume() }
        for delivery in left { discard(delivery) }
    }

    // MARK: - What was taken

    /// One more is dealt with.
    func settledOne() {
        let idlers = state.withLock { state -> [CheckedContinuation<Void, Never>] in
            state.unsettled -= 1
            guard state.unsettled == 0 else { return [] }
            defer { state.idlers = [] }
            return state.idlers.map(\.continuation)
        }
        for idler in idlers { idler.resume() }
    }

    /// Waits until all that was taken in is dealt with, or the task is cancelled.
    func waitUntilIdle() async {
        await wait { state, waiter in
            guard state.unsettled > 0 else { return false }
            state.idlers.append(waiter)
            return true
        } leave: { state, id in
            state.idlers.firstIndex { $0.id == id }.map { state.idlers.remove(at: $0).continuation }
        }
    }

    private func discard(_ delivery: MemoryDelivery) {
        reports?.add(.discarded)
        delivery.finish()
    }

    /// An event that its handler gives back is the next one to be taken out.
    ///
    /// Whoever has taken others already deals with those first. Where the queue is closed it is let go.
    func takeBack(_ delivery: MemoryDelivery) {
        let (isClosed, taker) = state.withLock { state -> (Bool, CheckedContinuation<Void, Never>?) in
            guard !state.isClosed else { return (true, nil) }
            state.items.insert(delivery, at: state.head)
            return (false, state.takers.isEmpty ? nil : state.takers.removeFirst().continuation)
        }
        if isClosed { discard(delivery) }
        taker?.resume()
    }

    /// Keeps a dead letter.
    func bury(_ event: Occurrence, _ failure: EventFailure) {
        // One that is no JSON cannot be shown to anybody; its failure was told.
        guard let envelope = try? event.envelope() else { return }
        deadLetters?.add(DeadLetter(event: envelope, failure: failure))
    }

    // MARK: - Waiting

    private func wait(
        enter: (inout State, (id: Int, continuation: CheckedContinuation<Void, Never>)) -> Bool,
        leave: @escaping @Sendable (inout State, Int) -> CheckedContinuation<Void, Never>?
    ) async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waits = state.withLock { state in !Task.isCancelled && enter(&state, (id, continuation)) }
                if !waits { continuation.resume() }
            }
        } onCancel: {
            state.withLock { leave(&$0, id) }?.resume()
        }
    }
}
