import WarrenRuntime
import WarrenTesting

@testable import Warren

/// A subscription with an inbox and events that come as from a broker, all in a test's hands.
final class InboxScene: Sendable {
    let clock = HeldClock()
    let inbox: TestInbox
    let reports = BusReports()
    let permits: HandlerPermits
    /// What became of which delivery.
    let fates = Seen<String>()
    /// Which events were committed.
    let committed = Seen<String>()
    private let heard: Seen<EventBusEvent>
    private let line: Line
    private let maxCrashes: Int

    /// Unless it comes `after` a process that has ended, it is the first to use its inbox.
    init(maxHandlers: Int = 100, maxCrashes: Int = 3, after former: InboxScene? = nil) {
        inbox = former?.inbox.afterCrash(clock: clock) ?? TestInbox(clock: clock)
        permits = HandlerPermits(maxHandlers)
        self.maxCrashes = maxCrashes
        line = Line()
        let (stream, heard) = (reports.events, Seen<EventBusEvent>())
        self.heard = heard
        // Ends with the scene.
        Task { for await event in stream { heard.add(event) } }
    }

    deinit {
        reports.finish()
    }

    var statistics: EventBusStatistics { reports.statistics }

    func told(_ kind: EventBusEvent.Kind) -> [EventBusEvent] { heard.all.filter { $0.kind == kind } }

    /// What a handler does that commits.
    func commit(_ context: EventContext) async throws {
        try await context.commit { [committed, id = context.eventID] (_: MemoryTransaction) in committed.add(id) }
    }

    /// An event comes.
    func deliver(
        _ eventID: String,
        from source: String? = "shop",
        redelivered isRedelivered: Bool = false,
        over connection: StopSignal = StopSignal()
    ) {
        var event = EventEnvelope(eventID: eventID, eventType: "t", version: nil, payload: .null)
        event.source = source
        line.add(SceneDelivery(event: event, isRedelivered: isRedelivered, connection: connection, fates: fates))
    }

    func pool(
        retry: RetryPolicy = .none,
        concurrency: Int = 1,
        timeout: Duration = .seconds(3600),
        _ handler: Subscriber.Handler
    ) throws -> WorkerPool {
        let subscriber = Subscriber(
            "billing",
            to: [try TopicPattern("#")],
            retry: retry,
            concurrency: concurrency,
            timeout: timeout,
            handler: handler
        )
        let surroundings = WorkerPool.Surroundings(
            limits: HandlerLimits(maxCrashes: maxCrashes),
            clock: clock,
            reports: reports,
            permits: permits,
            inbox: inbox
        )
        return WorkerPool(subscriber, role: .subscription, source: line, surroundings)
    }

    /// Sees all that was delivered through.
    func run(
        retry: RetryPolicy = .none,
        concurrency: Int = 1,
        _ handler: @escaping @Sendable (EventContext) async throws -> Disposition
    ) async throws {
        line.finish()
        await (try pool(retry: retry, concurrency: concurrency, .each(handler))).run()
    }

    /// The same in the background, until nothing more comes; `isAll`: whether what was delivered is all there is.
    func start(_ pool: WorkerPool, isAll: Bool = true) -> Task<Void, Never> {
        if isAll { line.finish() }
        return Task { await pool.run() }
    }

    /// Nothing more comes.
    func finish() {
        line.finish()
    }
}

/// An event that a broker has brought.
private struct SceneDelivery: Delivery {
    let event: EventEnvelope
    let isRedelivered: Bool
    let connection: StopSignal
    let fates: Seen<String>

    var occurrence: Result<Occurrence, EventError> { .success(Occurrence(event)) }
    var previousAttempts: Int { 0 }
    var firstFailedAt: EventTimestamp? { nil }
    var isStale: Bool { connection.isStopped }

    func accept() -> Bool {
        fates.add("\(event.eventID) accepted")
        return !isStale
    }

    func release() -> Bool {
        fates.add("\(event.eventID) released")
        return !isStale
    }

    func bury(_ failure: EventFailure) async -> Bool {
        fates.add("\(event.eventID) buried: \(failure.errorType) after \(failure.attempts)")
        return !isStale
    }
}

/// Has what was delivered, and at last no more.
private final class Line: DeliverySource {
    private struct State {
        var deliveries: [any Delivery] = []
        var isFinished = false
        var news = StopSignal()
    }

    private let state = Locked(State())

    func add(_ delivery: any Delivery) {
        change { $0.deliveries.append(delivery) }
    }

    func finish() {
        change { $0.isFinished = true }
    }

    private func change(_ change: (inout sending State) -> Void) {
        let news = state.withLock { state in
            change(&state)
            return exchange(&state.news, with: StopSignal())
        }
        news.stop()
    }

    func next(upTo limit: Int) async -> [any Delivery] {
        while true {
            let (next, news) = state.withLock { state -> ([any Delivery]?, StopSignal) in
                guard !state.deliveries.isEmpty || state.isFinished else { return (nil, state.news) }
                let next = Array(state.deliveries.prefix(limit))
                state.deliveries.removeFirst(next.count)
                return (next, state.news)
            }
            if let next { return next }
            await news.wait()
        }
    }

    func stop() {
        finish()
    }
}
