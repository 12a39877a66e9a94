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
    private let heard: Seen<EventBusEvent>
    private let line: Line
    private let maxCrashes: Int

    init(maxHandlers: Int = 100, maxCrashes: Int = 3) {
        inbox = TestInbox(clock: clock)
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

    /// An event comes.
    func deliver(_ eventID: String, redelivered isRedelivered: Bool = false, over connection: StopSignal = StopSignal())
    {
        line.add(SceneDelivery(eventID, isRedelivered, connection, fates))
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

    /// The same in the background, until nothing more comes.
    func start(_ pool: WorkerPool) -> Task<Void, Never> {
        line.finish()
        return Task { await pool.run() }
    }
}

/// An event that a broker has brought.
private struct SceneDelivery: Delivery {
    let event: EventEnvelope
    let isRedelivered: Bool
    let connection: StopSignal
    let fates: Seen<String>

    init(_ eventID: String, _ isRedelivered: Bool, _ connection: StopSignal, _ fates: Seen<String>) {
        event = EventEnvelope(eventID: eventID, eventType: "t", version: nil, payload: .null)
        self.isRedelivered = isRedelivered
        self.connection = connection
        self.fates = fates
    }

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

/// Has what was delivered, and then no more.
private final class Line: DeliverySource {
    private let deliveries = Locked<[any Delivery]>([])
    private let isFinished = StopSignal()

    func add(_ delivery: any Delivery) {
        deliveries.withLock { $0.append(delivery) }
    }

    func finish() {
        isFinished.stop()
    }

    func next(upTo limit: Int) async -> [any Delivery] {
        await isFinished.wait()
        return deliveries.withLock { deliveries in
            let next = Array(deliveries.prefix(limit))
            deliveries.removeFirst(next.count)
            return next
        }
    }

    func stop() {}
}
