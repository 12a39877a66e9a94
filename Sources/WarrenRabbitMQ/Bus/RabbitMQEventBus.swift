public import AMQP
public import Warren
package import WarrenRuntime
package import WarrenTelemetry

/// A bus over RabbitMQ: events go to one topic exchange, and every durable subscription has a queue of its own.
///
/// A publish returns when the broker has confirmed it. A subscription's queue and that of its dead letters
/// (`<queue>.dead`) are declared when the bus runs, and again after every loss; observers have private queues that go
/// with them. With an inbox what the broker delivers twice is handled once: <doc:HandlingOnce>.
public final class RabbitMQEventBus: RemoteEventBus, HybridHalf {
    /// The service that publishes here.
    public let service: String

    /// How the bus behaves.
    public let configuration: RabbitMQEventBusConfiguration

    let client: AMQPClient
    let exchange: EventExchange
    let patience: Patience
    let clock: any RuntimeClock
    let reports = BusReports()
    let surroundings: WorkerPool.Surroundings
    let queueSurroundings: SubscriptionQueue.Surroundings
    let work = BackgroundWork()
    let names = SubscriptionNames()
    let unroutable: TopicPatternSet
    let unrouted = Locked(Set<String>())
    let traffic = PublishUnderWay.Traffic()
    let ladder: RetryLadder
    let copies = CopyPublisher()
    /// Where events wait while there is no way to the broker.
    let spooler: Spooler?
    /// Those of the subscriptions that are there.
    let subscriptions = Locked<[ObjectIdentifier: EventSubscription]>([:])
    private let broker: String
    private let hasRun = Locked(false)
    /// Why the bus has ended, or will have.
    private let ending = Locked(EventBusError.busHasEnded)

    /// Creates a bus; nothing is connected until ``run()``.
    ///
    /// - Parameters:
    ///   - url: `amqp://user:password@host:5672/vhost`, or `amqps:` for TLS; several hosts with commas between.
    ///   - service: the `source` of its events.
    ///   - configuration: everything else.
    ///   - inbox: remembers which events were handled, so that what the broker delivers twice is handled once, and what
    ///     handlers commit with (`EventContext.commit`); the bus does not close it.
    ///   - spool: where events wait while there is no way to the broker; without one a publish waits, and fails then.
    ///     The bus does not close it.
    /// - Throws: `EventBusError` with code `invalidConfiguration`, saying what and where.
    public convenience init(
        url: String,
        service: String,
        configuration: RabbitMQEventBusConfiguration = RabbitMQEventBusConfiguration(),
        inbox: (any InboxStore)? = nil,
        spool: (any SpoolStore)? = nil
    ) throws(EventBusError) {
        let parsed: AMQPURL
        do {
            parsed = try AMQPURL(url)
        } catch {
            throw EventBusError(error)
        }
        try self.init(url: parsed, service: service, configuration: configuration, inbox: inbox, spool: spool)
    }

    /// Creates a bus from a parsed URL; nothing is connected until ``run()``.
    ///
    /// - Parameters:
    ///   - url: the broker.
    ///   - service: the `source` of its events.
    ///   - configuration: everything else.
    ///   - inbox: remembers which events were handled; the bus does not close it.
    ///   - spool: where events wait while there is no way to the broker; without one a publish waits, and fails then.
    ///     The bus does not close it.
    /// - Throws: `EventBusError` with code `invalidConfiguration`.
    public convenience init(
        url: AMQPURL,
        service: String,
        configuration: RabbitMQEventBusConfiguration = RabbitMQEventBusConfiguration(),
        inbox: (any InboxStore)? = nil,
        spool: (any SpoolStore)? = nil
    ) throws(EventBusError) {
        try self.init(
            url: url,
            service: service,
            configuration: configuration,
            clock: SystemClock(),
            inbox: inbox,
            spool: spool
        )
    }

    /// The same with a clock, and with what several parts of a process share; `permits`: unless given, its own.
    package init(
        url: AMQPURL,
        service: String,
        configuration: RabbitMQEventBusConfiguration,
        clock: any RuntimeClock,
        permits: HandlerPermits? = nil,
        inbox: (any InboxStore)? = nil,
        spool: (any SpoolStore)? = nil,
        logger: Logger = .none,
        metrics: Metrics = .none
    ) throws(EventBusError) {
        try configuration.check()
        try Self.check(service: service)
        var settings = configuration.client
        settings.connectionName = settings.connectionName ?? url.connectionName ?? service
        settings.confirmTimeout = configuration.publishTimeout
        do {
            client = try AMQPClient(url: url, configuration: settings, clock: clock, logger: logger, metrics: metrics)
        } catch {
            throw EventBusError(error)
        }
        self.service = service
        self.configuration = configuration
        self.clock = clock
        broker = "\(url.hosts.map(\.description).joined(separator: ",")), vhost '\(url.vhost)'"
        unroutable = TopicPatternSet(configuration.unroutable)
        patience = Patience(settings.reconnect, clock: clock)
        exchange = EventExchange(
            configuration.exchange,
            client: client,
            patience: patience,
            reports: reports,
            clock: clock
        )
        surroundings = WorkerPool.Surroundings(
            limits: configuration.limits,
            clock: clock,
            reports: reports,
            permits: permits,
            inbox: inbox
        )
        ladder = RetryLadder(client, kind: configuration.queueKind, clock: clock)
        queueSurroundings = SubscriptionQueue.Surroundings(
            client: client,
            exchange: exchange,
            ladder: ladder,
            copies: copies,
            frameMax: settings.frameMax,
            patience: patience,
            reports: reports,
            clock: clock
        )
        InboxPruning.add(to: work, surroundings)
        spooler = spool.map { [reports] store in
            Spooler(store, timeout: configuration.publishTimeout, clock: clock, reports: reports)
        }
        work.add(
            run: { [exchange] in await exchange.run() },
            stop: { [exchange, weak self] in exchange.stop(because: self?.endReason ?? .busHasEnded) }
        )
    }

    /// Connects, and runs the handlers until the task is cancelled.
    ///
    /// Then consuming stops, handlers at work may end, as long as the grace allows, and what was not dealt with stays in
    /// its queue. Publishes that the broker has not answered are waited for, as long as the client's `closeTimeout`
    /// allows.
    ///
    /// - Throws: why the bus cannot go on: `unavailable` when the broker refuses the login, or has no such vhost;
    ///   `closed` when it was called before. A broker that cannot be reached is tried again for ever, unless the
    ///   client's configuration says otherwise.
    public func run() async throws(EventBusError) {
        try await run(stayingOpenFor: {})
    }

    /// The same, but the connection stays until `others` returns.
    package func run(stayingOpenFor others: @escaping @Sendable () async -> Void) async throws(EventBusError) {
        let isFirst = hasRun.withLock { hasRun in
            defer { hasRun = true }
            return !hasRun
        }
        guard isFirst else { throw EventBusError(.closed, "run() was called before; make another bus") }
        let hasEnded = StopSignal()
        // Not children of this task: they have to outlive its cancellation until the handlers have ended.
        let spooling = Task { await self.runSpooler() }
        let connection = Task {
            let cause = await self.runClient()
            if let cause { self.ending.withLock { $0 = cause } }
            hasEnded.stop()
            return cause
        }
        let grace = configuration.limits.shutdownGrace
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.work.run(grace: grace, clock: self.clock) }
            group.addTask { await hasEnded.wait() }
            await group.next()
            group.cancelAll()
        }
        await others()
        copies.stop()
        spooler?.stop()
        connection.cancel()
        let cause = await connection.value
        await spooler?.close()
        await spooling.value
        reports.finish()
        if let cause { throw cause }
    }

    private func runClient() async -> EventBusError? {
        let narrator = Narrator(
            broker: broker,
            reports: reports,
            exchange: exchange,
            queuePrefix: configuration.queuePrefix
        )
        let (states, events) = (client.states, client.events)
        async let narration: Void = narrator.run(states, events)
        async let copying: Void = copies.run(client)
        let cause: EventBusError?
        do throws(AMQPError) {
            try await client.run()
            cause = nil
        } catch {
            cause = EventBusError(error)
        }
        copies.stop()
        await copying
        await narration
        return cause
    }

    /// What happens in the background, from now on; a slow reader loses the oldest.
    public var events: AsyncStream<EventBusEvent> { reports.events }

    /// What was counted since the bus was made.
    public var statistics: EventBusStatistics { reports.statistics }

    package var permits: HandlerPermits { surroundings.permits }

    /// The way to the broker, now.
    package var connection: AMQPClientState { client.state }

    /// Why whoever waits will wait in vain.
    var endReason: EventBusError { ending.withLock { $0 } }

    /// What is wrong with the way to the broker, for those who have waited long enough.
    ///
    /// - Parameters:
    ///   - timeout: how long they have.
    ///   - what: what has not happened meanwhile, where nothing else is wrong.
    /// - Returns: the error to give them.
    func unavailable(after timeout: Duration, _ what: String) -> EventBusError {
        guard hasRun.withLock({ $0 }) else {
            return EventBusError(.unavailable, "waited for \(timeout), but the bus's run() was never called")
        }
        guard case .connecting(_, let cause?) = client.state else {
            return EventBusError(.unavailable, "\(what) within \(timeout)")
        }
        return EventBusError(.unavailable, cause.message)
    }
}
