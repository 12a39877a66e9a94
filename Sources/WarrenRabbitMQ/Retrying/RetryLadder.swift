import AMQP
import Warren
import WarrenRuntime

/// The steps that a bus has seen to: those of its subscriptions' policies from the start, others when they are wanted.
final class RetryLadder: Sendable {
    /// How long the broker may take to hand an event over when its time is up.
    private static let handover = Duration.seconds(1)

    private let client: AMQPClient
    private let kind: RabbitMQEventBusConfiguration.QueueKind
    private let exit: LadderExit
    private let ready = Locked(Set<RetryStep>())
    private let clock: any RuntimeClock
    private let latestEnd = Locked(MonotonicTime.distantPast)

    init(_ client: AMQPClient, kind: RabbitMQEventBusConfiguration.QueueKind, clock: any RuntimeClock) {
        self.client = client
        self.kind = kind
        exit = LadderExit(kind)
        self.clock = clock
    }

    /// Whether the wait of an event that was put on the ladder here is not over.
    var isInUse: Bool { latestEnd.withLock { $0 } > clock.now }

    /// An event is on the ladder for so long.
    func began(_ delay: Duration) {
        let end = clock.now.advanced(by: delay + Self.handover)
        latestEnd.withLock { $0 = max($0, end) }
    }

    /// The exchange that takes events for a step.
    func exchange(of step: RetryStep) -> String { step.name(kind) }

    /// Sees to the steps of a policy's waits.
    func prepare(for policy: RetryPolicy) async throws(AMQPError) {
        for step in RetryStep.steps(of: policy) { try await prepare(step) }
    }

    /// Sees to the way back to a queue, which is gone whenever the queue was, or the exit.
    ///
    /// Who may not bind it finds what is there: without a binding events end among the exit's dead letters, and not lost.
    func prepareWay(to queue: String) async throws(AMQPError) {
        try await client.applyOrFind(exit.topology)
        try await client.applyOrFind(exit.way(to: queue))
    }

    /// Sees to a step; `again`: also where that was done before.
    func prepare(_ step: RetryStep, again: Bool = false) async throws(AMQPError) {
        guard again || !ready.withLock({ $0.contains(step) }) else { return }
        try await client.applyOrFind(step.topology(kind))
        ready.withLock { _ = $0.insert(step) }
    }
}
