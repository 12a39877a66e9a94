package import WarrenRuntime

/// A bus within this process: nothing leaves it, and nothing outlives it.
///
/// Typed values reach typed handlers as they are. Observers see what is published while they are there; a subscription
/// has a queue in memory, retries as it would with a broker, and keeps its dead letters until the process ends.
public final class MemoryEventBus: HybridHalf, DeadLetterKeeping {
    /// The service that publishes here.
    public let service: String

    /// How the bus behaves.
    public let configuration: MemoryEventBusConfiguration

    struct State {
        var nextID = 0
        /// By the order in which they came.
        var observers: [(id: Int, observer: Observer, queue: MemoryQueue?)] = []
        var subscriptions: [String: MemorySubscription] = [:]
        var routes = RouteTable()
        /// Those that take events, to be told when the bus ends.
        var handles: [Int: EventSubscription] = [:]
        var isClosed = false
        /// By the name of the subscription; they outlive it.
        var deadLetters: [String: DeadLetterShelf] = [:]
    }

    let state = Locked(State())
    let surroundings: WorkerPool.Surroundings
    let work = BackgroundWork()
    private let names = SubscriptionNames()

    /// Creates a bus.
    ///
    /// - Parameters:
    ///   - service: the `source` of its events.
    ///   - configuration: everything else.
    ///   - inbox: what handlers commit with, by `commit` of ``EventContext``; the bus does not close it. An event that no
    ///     handler commits leaves nothing in it.
    /// - Throws: ``EventBusError`` with code `invalidConfiguration`.
    public convenience init(
        service: String,
        configuration: MemoryEventBusConfiguration = MemoryEventBusConfiguration(),
        inbox: (any InboxStore)? = nil
    ) throws(EventBusError) {
        try self.init(service: service, configuration: configuration, clock: SystemClock(), inbox: inbox)
    }

    /// Creates a bus whose waits and timeouts go by a clock of its own, such as one that a test moves.
    ///
    /// - Parameters:
    ///   - service: the `source` of its events.
    ///   - configuration: everything else.
    ///   - clock: measures how long handlers take, waits between attempts and all other limits.
    ///   - inbox: what handlers commit with; the bus does not close it.
    /// - Throws: ``EventBusError`` with code `invalidConfiguration`.
    public convenience init(
        service: String,
        configuration: MemoryEventBusConfiguration = MemoryEventBusConfiguration(),
        clock: some Clock<Duration>,
        inbox: (any InboxStore)? = nil
    ) throws(EventBusError) {
        try self.init(service: service, configuration: configuration, clock: AdaptedClock(clock), inbox: inbox)
    }

    package init(
        service: String,
        configuration: MemoryEventBusConfiguration,
        clock: any RuntimeClock,
        permits: HandlerPermits? = nil,
        inbox: (any InboxStore)? = nil
    ) throws(EventBusError) {
        try configuration.check()
        try Self.check(service: service)
        self.service = service
        self.configuration = configuration
        surroundings = WorkerPool.Surroundings(
            limits: configuration.limits,
            clock: clock,
            reports: BusReports(),
            permits: permits,
            inbox: inbox
        )
        InboxPruning.add(to: work, surroundings)
    }

    /// Runs the handlers that have queues, until the task is cancelled.
    ///
    /// Then handlers at work may end, as long as the grace allows; what waits in queues is let go.
    ///
    /// - Throws: `closed` when it was called before.
    public func run() async throws(EventBusError) {
        try await run(stayingOpenFor: {})
    }

    /// The same, but events are taken and shown until `others` returns.
    package func run(stayingOpenFor others: @escaping @Sendable () async -> Void) async throws(EventBusError) {
        let grace = configuration.limits.shutdownGrace
        guard await work.run(grace: grace, clock: surroundings.clock) else {
            throw EventBusError(.closed, "run() was called before; make another bus")
        }
        await others()
        let (queues, handles) = state.withLock { state in
            state.isClosed = true
            state.routes = RouteTable()
            defer { state.handles = [:] }
            return (state.subscriptions.values.map(\.queue), Array(state.handles.values))
        }
        for queue in queues { queue.close() }
        for handle in handles { handle.settle(.failure(.busHasEnded)) }
        surroundings.reports.finish()
    }

    /// What happens in the background, from now on; a slow reader loses the oldest.
    public var events: AsyncStream<EventBusEvent> { surroundings.reports.events }

    /// What was counted since the bus was made.
    public var statistics: EventBusStatistics {
        var statistics = surroundings.reports.statistics
        // Nothing leaves this bus: counting it twice would only cost time.
        statistics.keptLocal = statistics.published
        return statistics
    }

    /// The dead letters of a subscription, the oldest first; as many are kept as events may wait for it.
    ///
    /// - Parameter name: the subscription's name.
    /// - Returns: its dead letters.
    public func deadLetters(of name: String) -> [DeadLetter] {
        shelf(of: name)?.all ?? []
    }

    /// The dead letters of a subscription, to be requeued or discarded.
    ///
    /// An event that is requeued waits for its handler like one that was published; where there is no room for it, it stays.
    ///
    /// - Parameter name: the subscription's name.
    /// - Returns: its dead letters.
    public func deadLetterStore(of name: String) -> any DeadLetterStore {
        MemoryDeadLetters(name: name, bus: self)
    }

    func shelf(of name: String) -> DeadLetterShelf? { state.withLock { $0.deadLetters[name] } }

    /// The queue of a subscription, as long as it has a subscriber.
    func queue(of name: String) -> MemoryQueue? { state.withLock { $0.subscriptions[name]?.queue } }

    package var permits: HandlerPermits { surroundings.permits }

    /// How many events no subscription has dealt with, and none ever will: each subscription counted, known when the run
    /// has ended.
    package var lost: Int {
        let statistics = surroundings.reports.statistics
        return statistics.discarded + statistics.deadLettered
    }

    /// Waits until subscriptions have dealt with all that was published before, or the task is cancelled.
    ///
    /// Only while the bus runs does anybody deal with it.
    public func drain() async {
        for queue in state.withLock({ $0.subscriptions.values.map(\.queue) }) { await queue.waitUntilIdle() }
    }

    // MARK: - Who listens

    /// Adds an observer.
    ///
    /// - Parameter observer: what it wants, and what it does with it.
    /// - Returns: a handle; it takes events from now on.
    /// - Throws: `invalidSubscription` when it wants nothing.
    public func add(_ observer: Observer) throws(EventBusError) -> EventSubscription {
        guard !observer.patterns.isEmpty else {
            throw EventBusError(.invalidSubscription, "an observer wants no events: give at least one pattern")
        }
        let name = observer.patterns.map(\.text).joined(separator: ", ")
        var queue: MemoryQueue?
        if configuration.dispatch == .buffered {
            queue = MemoryQueue(name, capacity: configuration.bufferSize, overflow: .dropOldest)
        }
        let id = state.withLock { [queue] state in
            state.nextID += 1
            state.observers.append((state.nextID, observer, queue))
            state.routes = RouteTable()
            return state.nextID
        }
        var pool: WorkerPool?
        if let queue {
            let handler = observer.handler
            let subscriber = Subscriber(name, to: observer.patterns) { context in
                try await handler(context)
                return .ack
            }
            let started = WorkerPool(subscriber, role: .observer, source: MemoryShare(queue), surroundings)
            work.add(run: { await started.run() }, stop: { started.stop() })
            pool = started
        }
        return handle(name, id) { [weak self, pool] in
            self?.state.withLock { state in
                state.observers.removeAll { $0.id == id }
                state.routes = RouteTable()
            }
            pool?.stop()
        }
    }

    /// Adds a subscriber; those of one name share its events, and want the same.
    ///
    /// - Parameter subscriber: what it wants, and what it does with it.
    /// - Returns: a handle; it takes events from now on. With the last of its name its queue goes.
    /// - Throws: `invalidSubscription`, saying what makes no sense.
    public func add(_ subscriber: Subscriber) throws(EventBusError) -> EventSubscription {
        try subscriber.check()
        try names.take(subscriber)
        let name = subscriber.name
        let reports = surroundings.reports
        let (id, queue) = state.withLock { [capacity = configuration.bufferSize] state in
            state.nextID += 1
            let shelf = state.deadLetters[name] ?? DeadLetterShelf(capacity: capacity)
            state.deadLetters[name] = shelf
            var subscription =
                state.subscriptions[name]
                ?? MemorySubscription(
                    queue: MemoryQueue(name, capacity: capacity, overflow: .wait, deadLetters: shelf, reports: reports)
                )
            subscription.members.append((state.nextID, subscriber.patterns))
            state.subscriptions[name] = subscription
            state.routes = RouteTable()
            return (state.nextID, subscription.queue)
        }
        let pool = WorkerPool(subscriber, role: .subscription, source: MemoryShare(queue), surroundings)
        work.add(run: { await pool.run() }, stop: { pool.stop() })
        return handle(name, id) { [weak self] in
            self?.leave(name, id)
            pool.stop()
        }
    }

    /// A handle that is ready, and told when the bus ends.
    private func handle(_ name: String, _ id: Int, onCancel: @escaping @Sendable () -> Void) -> EventSubscription {
        let handle = EventSubscription(
            name,
            isReady: true,
            clock: surroundings.clock,
            // It was ready before anybody could wait.
            late: { _ in .busHasEnded },
            onCancel: { [weak self] in
                self?.state.withLock { _ = $0.handles.removeValue(forKey: id) }
                onCancel()
            }
        )
        let isClosed = state.withLock { state in
            if !state.isClosed { state.handles[id] = handle }
            return state.isClosed
        }
        if isClosed { handle.settle(.failure(.busHasEnded)) }
        return handle
    }

    private func leave(_ name: String, _ id: Int) {
        names.giveBack(name)
        let abandoned = state.withLock { state -> MemoryQueue? in
            guard var subscription = state.subscriptions[name] else { return nil }
            subscription.members.removeAll { $0.id == id }
            state.routes = RouteTable()
            guard subscription.members.isEmpty else {
                state.subscriptions[name] = subscription
                return nil
            }
            state.subscriptions[name] = nil
            return subscription.queue
        }
        abandoned?.close()
    }
}

/// A subscription's queue, and who shares it.
struct MemorySubscription {
    let queue: MemoryQueue
    var members: [(id: Int, patterns: [TopicPattern])] = []
}
