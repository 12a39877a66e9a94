import Testing
import WarrenRuntime
import WarrenTesting

@testable import Warren

@Suite("A delivery whose connection is gone")
struct StaleDeliveryTests {
    private let clock = HeldClock()
    private let connection = StopSignal()
    private let permits = HandlerPermits(1)
    private let handled = Seen<Int>()

    private func pool(_ count: Int, _ handler: Subscriber.Handler, retry: RetryPolicy = .none) throws -> WorkerPool {
        let subscriber = Subscriber("stale", to: [try TopicPattern("#")], retry: retry, handler: handler)
        let surroundings = WorkerPool.Surroundings(
            limits: HandlerLimits(timeout: .seconds(3600)),
            clock: clock,
            reports: BusReports(),
            permits: permits
        )
        let source = Once((0..<count).map { _ in Lost(connection) })
        return WorkerPool(subscriber, role: .subscription, source: source, surroundings)
    }

    @Test("is not handled again after the wait for its next attempt, and does not wait to its end")
    func afterRetryWait() async throws {
        let handler = Subscriber.Handler.each { context in
            handled.add(context.attempt)
            throw Refused()
        }
        let policy = RetryPolicy.exponential(maxAttempts: 5, initial: .seconds(300), max: .seconds(300))
        let pool = try pool(1, handler, retry: policy)
        let run = Task { await pool.run() }
        // The watch over the handler, and the wait.
        try await eventually { clock.sleeperCount == 2 }
        #expect(handled.all == [1])
        connection.stop()
        clock.advance(by: .seconds(1))
        await run.value
        #expect(handled.all == [1])
    }

    @Test("is not handled when it became so while it waited for its turn, and gives the turn back")
    func afterTurn() async throws {
        #expect(await permits.acquire())
        let pool = try pool(
            1,
            .each { context in
                handled.add(context.attempt)
                return .ack
            }
        )
        try await becomesStale(pool)
    }

    @Test("is not handled in a batch either")
    func batch() async throws {
        #expect(await permits.acquire())
        let pool = try pool(3, .batch(upTo: 3) { contexts in handled.add(contexts.count) })
        try await becomesStale(pool)
    }

    private func becomesStale(_ pool: WorkerPool) async throws {
        let run = Task { await pool.run() }
        try await eventually { permits.waiting == 1 }
        connection.stop()
        permits.release()
        await run.value
        #expect(handled.all == [] && permits.free == 1)
    }
}

/// Comes over a connection that a test can end.
private struct Lost: Delivery {
    let connection: StopSignal
    let event = EventEnvelope(eventID: "e", eventType: "t", version: nil, payload: .null)

    init(_ connection: StopSignal) {
        self.connection = connection
    }

    var occurrence: Result<Occurrence, EventError> { .success(Occurrence(event)) }
    var previousAttempts: Int { 0 }
    var firstFailedAt: EventTimestamp? { nil }
    var isRedelivered: Bool { false }
    var isStale: Bool { connection.isStopped }

    func accept() -> Bool { !isStale }
    func release() -> Bool { !isStale }
    func bury(_ failure: EventFailure) async -> Bool { !isStale }
}

/// Has some deliveries, and then no more.
private final class Once: DeliverySource {
    private let deliveries: Locked<[any Delivery]>

    init(_ deliveries: [any Delivery]) {
        self.deliveries = Locked(deliveries)
    }

    func next(upTo limit: Int) async -> [any Delivery] {
        deliveries.withLock { deliveries in
            defer { deliveries = [] }
            return deliveries
        }
    }

    func stop() {}
}
