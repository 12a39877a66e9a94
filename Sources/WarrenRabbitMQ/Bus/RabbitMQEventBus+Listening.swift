import AMQP
public import Warren
import WarrenRuntime

extension RabbitMQEventBus {
    /// Adds an observer: it has a private queue, which goes with it.
    ///
    /// - Parameter observer: what it wants, and what it does with it.
    /// - Returns: a handle; it is ready when the queue is bound.
    /// - Throws: `invalidSubscription` when it wants nothing.
    public func add(_ observer: Observer) throws(EventBusError) -> EventSubscription {
        try add(observer, hiding: nil)
    }

    /// Adds an observer that does not see what `instance` has shown already.
    ///
    /// - Parameters:
    ///   - observer: what it wants, and what it does with it.
    ///   - instance: the instance.
    /// - Returns: a handle; it is ready when the queue is bound.
    /// - Throws: `invalidSubscription` when it wants nothing.
    public func add(_ observer: Observer, hidingFrom instance: String) throws(EventBusError) -> EventSubscription {
        try add(observer, hiding: instance)
    }

    private func add(_ observer: Observer, hiding instance: String?) throws(EventBusError) -> EventSubscription {
        guard !observer.patterns.isEmpty else {
            throw EventBusError(.invalidSubscription, "an observer wants no events: give at least one pattern")
        }
        let handler = observer.handler
        let name = observer.patterns.map(\.text).joined(separator: ", ")
        let subscriber = Subscriber(
            name,
            to: observer.patterns,
            handler: .each { context in
                try await handler(context)
                return .ack
            }
        )
        let queue = ObserverQueue(
            name,
            patterns: observer.patterns,
            exchange: exchange.name,
            hiding: instance,
            reports: reports
        )
        let plan = Consumption.Plan(
            name: name,
            source: queue.source,
            prefetch: ObserverQueue.prefetch,
            declare: { [exchange] () async throws(EventBusError) in try await exchange.readyToBind() },
            take: { queue.take($0) }
        )
        return start(plan, subscriber, role: .observer, stopping: StopSignal())
    }

    /// Adds a subscriber: its queue is declared and bound when the bus runs, and stays when the subscriber goes.
    ///
    /// Bindings that an earlier version of the subscription had stay too.
    ///
    /// - Parameter subscriber: what it wants, and what it does with it.
    /// - Returns: a handle; it is ready when the queue is consumed. It fails with `subscriptionRefused` when the broker
    ///   does not let it be, and is tried again all the same.
    /// - Throws: `invalidSubscription`, saying what makes no sense.
    public func add(_ subscriber: Subscriber) throws(EventBusError) -> EventSubscription {
        let stopping = StopSignal()
        let name = try configuration.queue(of: subscriber)
        try names.take(subscriber)
        let topology = SubscriptionTopology(
            queue: name,
            kind: configuration.queueKind,
            exchange: exchange.name,
            patterns: subscriber.patterns
        )
        let queue = SubscriptionQueue(topology, of: subscriber, queueSurroundings, stopping: stopping)
        let plan = Consumption.Plan(
            name: subscriber.name,
            source: .queue(queue.name),
            prefetch: subscriber.effectivePrefetch(timeout: configuration.limits.timeout),
            declare: { () async throws(EventBusError) in try await queue.declare() },
            take: { deliveries in deliveries.map { QueueDelivery($0, in: queue) } }
        )
        return start(plan, subscriber, role: .subscription, stopping: stopping) { [names] in
            names.giveBack(subscriber.name)
        }
    }

    private func start(
        _ plan: Consumption.Plan,
        _ subscriber: Subscriber,
        role: WorkerPool.Role,
        stopping: StopSignal,
        onCancel: @escaping @Sendable () -> Void = {}
    ) -> EventSubscription {
        let consumption = Consumption(
            plan,
            client: client,
            patience: patience,
            reports: reports,
            stopping: stopping
        )
        let pool = WorkerPool(subscriber, role: role, source: consumption, surroundings)
        let handle = EventSubscription(
            plan.name,
            isReady: false,
            clock: clock,
            late: { [weak self, name = plan.name] limit in
                self?.unavailable(after: limit, "'\(name)' was not ready") ?? .busHasEnded
            },
            onCancel: { [weak self] in
                self?.subscriptions.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(pool)) }
                onCancel()
                pool.stop()
            }
        )
        if role == .subscription { subscriptions.withLock { $0[ObjectIdentifier(pool)] = handle } }
        // The bus holds its work, so its work does not hold the bus.
        work.add { [exchange] in
            if role == .observer { exchange.watch(consumption) }
            await consumption.run(handle) { await pool.run() }
            exchange.unwatch(consumption)
        } stop: { [weak self] in
            handle.settle(.failure(self?.endReason ?? .busHasEnded))
            pool.stop()
        }
        return handle
    }
}
