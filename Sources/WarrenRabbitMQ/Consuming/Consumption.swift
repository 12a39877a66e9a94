import AMQP
import Warren
import WarrenRuntime

/// Keeps the workers of one subscriber or observer supplied: declares what it needs, consumes, and begins anew as long as
/// it is not stopped.
final class Consumption: DeliverySource {
    /// What is consumed, and what is made of it.
    struct Plan: Sendable {
        /// What reports call it.
        let name: String
        let source: AMQPConsumerSource
        let prefetch: Int
        /// Makes sure that there is something to consume.
        let declare: @Sendable () async throws(EventBusError) -> Void
        /// What the workers get of what came; may be less.
        let take: @Sendable ([AMQPDelivery]) -> [any Delivery]
    }

    private let plan: Plan
    private let client: AMQPClient
    private let patience: Patience
    private let reports: BusReports
    private let stopping: StopSignal
    private let deliveries = Locked<AMQPDeliveries?>(nil)
    private let failure = Locked<AMQPError?>(nil)

    init(_ plan: Plan, client: AMQPClient, patience: Patience, reports: BusReports, stopping: StopSignal) {
        self.plan = plan
        self.client = client
        self.patience = patience
        self.reports = reports
        self.stopping = stopping
    }

    // MARK: - For the workers

    func next(upTo limit: Int) async -> [any Delivery] {
        while !stopping.isStopped, let deliveries = deliveries.withLock({ $0 }) {
            do throws(AMQPError) {
                let batch = try await deliveries.next(upTo: limit)
                if batch.isEmpty { return [] }
                let taken = plan.take(batch)
                if !taken.isEmpty { return taken }
            } catch {
                failure.withLock { $0 = error }
                return []
            }
        }
        return []
    }

    func stop() {
        stopping.stop()
        deliveries.withLock { $0 }?.stop()
    }

    /// Consumes anew, from a new private queue where it has one; handlers at work may end before.
    func renew() {
        deliveries.withLock { $0 }?.stop()
    }

    // MARK: - Life

    /// Runs until it is stopped or the client has ended.
    ///
    /// - Parameters:
    ///   - handle: told when events come, and why they do not.
    ///   - work: runs the workers; ends when `next` has no more for them.
    func run(_ handle: EventSubscription, _ work: @escaping @Sendable () async -> Void) async {
        await withTaskGroup(of: Bool.self) { group in
            group.addTask {
                await self.keepConsuming(handle, work)
                return true
            }
            group.addTask {
                await self.stopping.wait()
                return false
            }
            for await hasEnded in group where hasEnded || deliveries.withLock({ $0 == nil }) {
                group.cancelAll()
            }
        }
    }

    private func keepConsuming(_ handle: EventSubscription, _ work: @escaping @Sendable () async -> Void) async {
        var waits = patience.waits()
        var told: EventBusError?
        while !stopping.isStopped {
            let error: EventBusError
            do {
                try await plan.declare()
                try await client.withConsumer(plan.source, prefetch: plan.prefetch) { deliveries in
                    guard begin(deliveries) else { return }
                    handle.settle(.success(()))
                    (waits, told) = (patience.waits(), nil)
                    await work()
                }
                deliveries.withLock { $0 = nil }
                guard let lost = failure.withLock({ $0.take() }) else {
                    if Task.isCancelled { return }
                    continue
                }
                error = EventBusError(subscribing: lost)
            } catch let caught as EventBusError {
                error = caught
            } catch let caught as AMQPError {
                error = EventBusError(subscribing: caught)
            } catch {
                return
            }
            guard !stopping.isStopped, !Task.isCancelled else { return }
            if case .closed(let cause) = client.state {
                return handle.settle(.failure(cause.map { EventBusError($0) } ?? error))
            }
            if error.code == .subscriptionRefused { handle.settle(.failure(error)) }
            if error != told { reports.tell(.init(.subscriptionLost, plan.name, reason: error.message)) }
            told = error
            // Refused now, it may be let be later: an operator can delete the queue, or give the permission.
            guard await waits.next(stopping) else { return }
        }
    }

    /// - Returns: whether the workers may begin; not when it was stopped meanwhile.
    private func begin(_ new: AMQPDeliveries) -> Bool {
        deliveries.withLock { $0 = new }
        return !stopping.isStopped
    }
}
