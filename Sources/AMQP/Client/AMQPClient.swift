package import WarrenRuntime
package import WarrenTelemetry

/// A RabbitMQ client: publishes with confirms, consumes, declares, and comes back after every loss of connection.
///
/// Make one per program, keep its ``run()`` running, and use it from any task:
///
/// ```swift
/// let client = try AMQPClient(url: "amqp://guest:guest@localhost:5672")
/// try await withThrowingTaskGroup { group in
///     group.addTask { try await client.run() }
///     try await client.publish(AMQPMessage("hello"), to: "events", routingKey: "greeting")
///     group.cancelAll()
/// }
/// ```
/// or let ``withClient(url:configuration:_:)-(String,_,_)`` do that. Publishing and consuming use separate connections, so a
/// broker that blocks publishers never starves consumers; the second is opened when it is first needed.
public final class AMQPClient: Sendable {
    let publishing: Connection
    let consuming: Connection
    /// The client's own.
    let publisher: AMQPPublisher
    let requester: Requester
    private let declarations: ChannelPool
    let recorder = TopologyRecorder()
    private let reports: ClientReports
    private let hasRun = Locked(false)

    /// Creates a client; nothing is connected until ``run()``.
    ///
    /// - Parameters:
    ///   - url: `amqp://user:password@host:5672/vhost`, or `amqps:` for TLS; several hosts with commas between.
    ///   - configuration: everything else.
    /// - Throws: `.invalidURL` or `.invalidConfiguration`, saying what and where.
    public convenience init(
        url: String,
        configuration: AMQPClientConfiguration = AMQPClientConfiguration()
    ) throws(AMQPError) {
        try self.init(url: AMQPURL(url), configuration: configuration)
    }

    /// Creates a client from a parsed URL; nothing is connected until ``run()``.
    ///
    /// - Throws: `.invalidConfiguration`, saying what.
    public convenience init(
        url: AMQPURL,
        configuration: AMQPClientConfiguration = AMQPClientConfiguration()
    ) throws(AMQPError) {
        try self.init(url: url, configuration: configuration, clock: SystemClock())
    }

    package init(
        url: AMQPURL,
        configuration: AMQPClientConfiguration,
        clock: any RuntimeClock,
        logger: Logger = .none,
        metrics: Metrics = .none
    ) throws(AMQPError) {
        let reports = ClientReports(logger: logger, metrics: metrics)
        let recorder = recorder
        let wasConnected = OneShot<Void>()
        func connection(
            _ role: String,
            _ topology: @escaping @Sendable () -> Topology
        ) throws(AMQPError) -> Connection {
            try Connection(
                settings: ConnectionSettings(url: url, configuration: configuration, role: role),
                clock: clock,
                owner: Connection.Owner(
                    needsRecovery: { !recorder.isEmpty },
                    recover: { connection in
                        for (entity, error) in recorder.skipped {
                            reports.report(AMQPEvent(kind: .entityNotRecovered, subject: "\(entity)", error: error))
                        }
                        await connection.declareAgain(topology(), recorder)
                    },
                    report: { reports.report($0) },
                    // Weakly: the reports watch what changes.
                    stateChanged: { [weak reports] in reports?.stateChanged() },
                    blamed: { recorder.blame($0, $1) },
                    wasConnected: wasConnected
                )
            )
        }
        // What is exclusive belongs to the connection that declared it, where consumers find it.
        let publishing = try connection("publishing") { recorder.topology.withoutExclusiveQueues }
        let consuming = try connection("consuming") { recorder.topology }
        reports.watch { [publishing = publishing.status, consuming = consuming.status] in
            AMQPClientState(publishing: publishing.current, consuming: consuming.current)
        }
        self.reports = reports
        self.publishing = publishing
        self.consuming = consuming
        publisher = AMQPPublisher(connection: publishing, window: configuration.publishWindow)
        requester = Requester(publishing, window: configuration.publishWindow)
        declarations = ChannelPool(consuming, limit: 8)
    }

    // MARK: - Running

    /// Keeps the client connected, until the task is cancelled: then outstanding confirms are awaited, as long as
    /// `closeTimeout` allows, and the connections are closed.
    ///
    /// Call it once. Operations called before wait for it.
    ///
    /// - Throws: why the client cannot go on: `.loginRefused` or `.vhostNotFound` before any of its connections was ever
    ///   open. A broker that cannot be reached is tried again for ever, unless the configuration says otherwise.
    public func run() async throws(AMQPError) {
        let isFirst = hasRun.withLock { hasRun in
            defer { hasRun = true }
            return !hasRun
        }
        guard isFirst else { throw AMQPError(.closed, "run() was called before; make another client") }
        let cause = await withTaskGroup(of: AMQPError?.self) { [publishing, consuming] group in
            group.addTask { await publishing.run() }
            group.addTask { await consuming.run() }
            var cause: AMQPError?
            for await end in group {
                guard cause == nil, let end else { continue }
                cause = end
                publishing.close(because: end)
                consuming.close(because: end)
                group.cancelAll()
            }
            return cause
        }
        reports.finish()
        if let cause { throw cause }
    }

    /// Runs a client for the length of `body`, and closes it.
    ///
    /// The client outlives a cancellation of the task for as long as `body` takes to end.
    ///
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; and `.invalidURL` or `.invalidConfiguration`. Why the client could not go on is
    ///   thrown by the operations in `body`.
    public static func withClient<Value>(
        url: String,
        configuration: AMQPClientConfiguration = AMQPClientConfiguration(),
        _ body: (AMQPClient) async throws -> Value
    ) async throws -> Value {
        try await withClient(url: AMQPURL(url), configuration: configuration, body)
    }

    /// Runs a client for the length of `body`, and closes it: as above, with a parsed URL.
    public static func withClient<Value>(
        url: AMQPURL,
        configuration: AMQPClientConfiguration = AMQPClientConfiguration(),
        _ body: (AMQPClient) async throws -> Value
    ) async throws -> Value {
        let client = try AMQPClient(url: url, configuration: configuration)
        // Not a child of this task: when that is cancelled, `body` may still settle what it has, and be told how it ended.
        let running = Task { try? await client.run() }
        do {
            let value = try await body(client)
            await end(running)
            return value
        } catch {
            await end(running)
            throw error
        }
    }

    private static func end(_ running: Task<Void?, Never>) async {
        running.cancel()
        await running.value
    }

    /// The state, and every later one; a slow reader sees the newest.
    public var states: AsyncStream<AMQPClientState> { reports.states }

    /// The state now.
    public var state: AMQPClientState { reports.state }

    /// What the broker said of itself when it was last reached; `nil` before.
    public var broker: AMQPBrokerInfo? { publishing.broker.withLock { $0 } ?? consuming.broker.withLock { $0 } }

    /// What happens in the background, from now on.
    ///
    /// A reader that falls behind by 256 events loses the oldest.
    public var events: AsyncStream<AMQPEvent> { reports.events }

    // MARK: - Topology

    /// Declares exchanges, queues and bindings, and declares them again after every reconnect.
    ///
    /// Until they are deleted by ``AMQPChannel``, or ``forget(_:)`` is told of them. An auto-delete queue is forgotten when
    /// the last of this client's consumers of it ends, an auto-delete exchange with the last of the client's bindings
    /// from it; while they are in use they too are declared again.
    ///
    /// - Parameters:
    ///   - topology: the entities.
    ///   - policy: what to do about an exchange or a queue that exists with other arguments.
    /// - Throws: `.preconditionFailed` when one exists with other arguments, and ``AMQPError/conflict`` says which;
    ///   `.accessRefused`, `.invalidArgument`; entities declared before the failing one stay. A queue without a name
    ///   is `.invalidArgument` before anything is declared: it would be another one after each reconnect.
    public func apply(
        _ topology: Topology,
        onConflict policy: AMQPConflictPolicy = .fail
    ) async throws(AMQPError) {
        for entity in topology.entities { try entity.checkName() }
        for entity in topology.entities {
            do throws(AMQPError) {
                try await declarations.withChannel { [consuming] channel throws(AMQPError) in
                    _ = try await consuming.call(entity.declaration, on: channel)
                }
            } catch {
                guard policy == .useExisting, error.conflict != nil else { throw error }
                reports.report(AMQPEvent(kind: .entityDiffers, subject: "\(entity)", error: error))
            }
            recorder.record(entity, onConflict: policy)
        }
    }

    /// Declares entities no longer after a reconnect; what exists stays as it is.
    ///
    /// Exchanges and queues are forgotten by their names, and with their bindings.
    public func forget(_ topology: Topology) {
        for entity in topology.entities { recorder.forget(entity) }
    }

    // MARK: - Publishing

    /// Publishes a message and returns when the broker has taken responsibility for it.
    ///
    /// - Parameters:
    ///   - message: body and properties.
    ///   - exchange: the exchange; empty for the default exchange, where the key is a queue's name.
    ///   - routingKey: the key.
    ///   - mandatory: whether a message that no queue takes is an error.
    /// - Throws: `.returned`, `.refused`, `.unknown` when no answer came (also when the task is cancelled);
    ///   `.invalidArgument`, `.timedOut`, `.unreachable`, `.closed` and others when nothing was sent.
    public func publish(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) {
        try await publisher.publish(message, to: exchange, routingKey: routingKey, mandatory: mandatory)
    }

    /// Sends a message and returns as soon as it is in the outbox; its outcome is awaited apart.
    ///
    /// - Throws: as ``AMQPPublisher/send(_:to:routingKey:mandatory:)``.
    public func send(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool = true
    ) async throws(AMQPError) -> AMQPPendingConfirm {
        try await publisher.send(message, to: exchange, routingKey: routingKey, mandatory: mandatory)
    }

    /// The same with a deadline of its own for getting its turn.
    package func send(
        _ message: AMQPMessage,
        to exchange: String,
        routingKey: String,
        mandatory: Bool,
        within timeout: Duration
    ) async throws(AMQPError) -> AMQPPendingConfirm {
        try await publisher.send(message, to: exchange, routingKey: routingKey, mandatory: mandatory, within: timeout)
    }

    /// Waits until every message sent so far by the client's own publisher has its outcome.
    ///
    /// - Throws: as ``AMQPPublisher/waitForConfirms()``: when one of them was not acked, too.
    public func waitForConfirms() async throws(AMQPError) {
        try await publisher.waitForConfirms()
    }

    /// Lends a publisher with a channel of its own.
    ///
    /// When `body` returns the channel is closed, and what was sent and has no confirm yet has the outcome `.unknown`: end
    /// it with ``AMQPPublisher/waitForConfirms()`` where outcomes are not awaited otherwise.
    ///
    /// - Parameters:
    ///   - window: how many of its publishes may be unanswered at a time, 1 to 1,048,576.
    ///   - body: what to do with it; the publisher ends with it.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; `.invalidArgument` for another window.
    public func withPublisher<Value>(
        window: Int = 1000,
        _ body: (AMQPPublisher) async throws -> Value
    ) async throws -> Value {
        guard AMQPPublisher.windows.contains(window) else {
            throw AMQPError(.invalidArgument, "window must be 1 to 1,048,576, not \(window)")
        }
        let publisher = AMQPPublisher(connection: publishing, window: window)
        do {
            let value = try await body(publisher)
            await publishing.remove(publisher.channel)
            return value
        } catch {
            await publishing.remove(publisher.channel)
            throw error
        }
    }

    // MARK: - Channels

    /// Which of a client's two connections a channel is on.
    public enum ChannelUse: Sendable, Hashable {
        /// For publishing, beside all else; a broker short of memory or disk stops reading it.
        case publishing
        /// For everything but publishing: declaring, fetching, counting, purging, deleting; never stopped.
        ///
        /// Exclusive queues declared on it can be consumed with
        /// ``AMQPClient/withConsumer(_:prefetch:acknowledgement:coalescingAcks:exclusive:noLocal:consumerTag:arguments:_:)``.
        case consuming
    }

    /// Lends a channel, for what has no better way.
    ///
    /// - Parameters:
    ///   - use: the connection it is on. Default: the one that a broker never stops, on which nothing is published.
    ///   - body: what to do with it; the channel is closed after it, which may take `closeTimeout` where the broker does
    ///     not answer.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; `.timedOut`, `.unreachable`, `.closed` and others when no channel could be opened
    ///   within the operation timeout.
    public func withChannel<Value>(
        for use: ChannelUse = .consuming,
        _ body: (AMQPChannel) async throws -> Value
    ) async throws -> Value {
        let connection = use == .publishing ? publishing : consuming
        let id = try await connection.openChannel("channel")
        do {
            let channel = AMQPChannel(connection: connection, id: id, use: use, recorder: recorder)
            let value = try await body(channel)
            await connection.remove(id)
            return value
        } catch {
            await connection.remove(id)
            throw error
        }
    }
}
