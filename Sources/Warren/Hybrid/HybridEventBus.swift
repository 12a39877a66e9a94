/// A bus over this process and a broker: by rules, events stay here, go out, or both.
///
/// The publisher's rules decide; the first that matches wins, and without one an event goes both ways. Observers of this
/// process see an event that goes both ways before the broker answers, and only once. A subscription handles what stays
/// here from memory, and everything else from its queue at the broker.
///
/// | rule | on the network | observers here | observers elsewhere | subscriptions |
/// | --- | --- | --- | --- | --- |
/// | `local` | never | at once | no | in memory |
/// | `both` | confirmed | at once | yes | through their queue |
/// | `remote` | confirmed | when it comes back | yes | through their queue |
public final class HybridEventBus: DeadLetterKeeping {
    /// The half within this process.
    public let local: MemoryEventBus

    /// The half to other processes.
    public let remote: any RemoteEventBus

    private let rules: RoutingRules
    /// Names this bus in events that its observers have seen already.
    private let instance = UUIDv7.make().description

    /// Creates a bus over two.
    ///
    /// Of ``HandlerLimits/maxHandlers`` the larger number holds for both together.
    ///
    /// - Parameters:
    ///   - local: the half within this process; ``run()`` runs it.
    ///   - remote: the half to other processes; ``run()`` runs it.
    ///   - rules: how far events go; the first that matches wins.
    public init(local: MemoryEventBus, remote: any RemoteEventBus, rules: [RoutingRule] = []) {
        self.local = local
        self.remote = remote
        self.rules = RoutingRules(rules)
        if let remote = remote as? any HybridHalf { HandlerPermits.unite(local.permits, remote.permits) }
    }

    /// The service that publishes here: that of the remote half.
    public var service: String { remote.service }

    /// Runs both halves until the task is cancelled.
    ///
    /// Then both begin nothing new, and each stays open for what the handlers of the other still publish.
    ///
    /// - Throws: why the remote half cannot go on; `closed` when it was called before.
    public func run() async throws(EventBusError) {
        let handlers = LastHandlers()
        let ends = await withTaskGroup(of: EventBusError?.self) { [local, remote] group in
            group.addTask { await Self.run(local, .local, handlers) }
            group.addTask { await Self.run(remote, .remote, handlers) }
            // One half that cannot go on ends the other.
            group.addTask {
                await handlers.waitForFirst()
                return nil
            }
            var ends: [EventBusError] = []
            for await end in group {
                if let end { ends.append(end) }
                group.cancelAll()
            }
            return ends
        }
        if let error = ends.first { throw error }
    }

    private static func run(
        _ bus: any EventBus,
        _ half: LastHandlers.Half,
        _ handlers: LastHandlers
    ) async -> EventBusError? {
        defer { handlers.ended(in: half) }
        return await outcome { () throws(EventBusError) in
            guard let bus = bus as? any HybridHalf else { return try await bus.run() }
            try await bus.run(stayingOpenFor: {
                handlers.ended(in: half)
                await handlers.waitForAll()
            })
        }
    }

    private static func outcome(_ body: () async throws(EventBusError) -> Void) async -> EventBusError? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    /// What happens in the background of both halves, from now on; a slow reader loses the oldest.
    public var events: AsyncStream<EventBusEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: EventBusEvent.self,
            bufferingPolicy: .bufferingNewest(256)
        )
        let halves = [local.events, remote.events]
        // Ends with the streams, or with whoever listens.
        let task = Task {
            await withDiscardingTaskGroup { group in
                for half in halves {
                    group.addTask { for await event in half { continuation.yield(event) } }
                }
            }
            continuation.finish()
        }
        continuation.onTermination = { _ in task.cancel() }
        return stream
    }

    /// What both halves have counted since they were made.
    public var statistics: EventBusStatistics {
        local.statistics + remote.statistics
    }

    /// The dead letters of a subscription in both halves.
    ///
    /// - Parameter name: the subscription's name.
    /// - Returns: its dead letters; of a remote half that does not let one at its own, only those in memory.
    public func deadLetterStore(of name: String) -> any DeadLetterStore {
        let here = local.deadLetterStore(of: name)
        guard let remote = remote as? any DeadLetterKeeping else { return here }
        return HybridDeadLetters(local: here, remote: remote.deadLetterStore(of: name))
    }

    /// Whether events of a type never leave the process.
    package func keepsLocal(_ type: String) -> Bool {
        rules.reach(of: type) == .local
    }

    /// Whether all that a pattern matches never leaves the process.
    package func keepsLocal(_ pattern: TopicPattern) -> Bool {
        rules.keepLocal(pattern)
    }

    // MARK: - Publishing

    /// Takes an event over, and sends it as far as its rule has it.
    ///
    /// - Parameter occurrence: the event.
    /// - Returns: the publish under way: `.local`, or what the broker says.
    /// - Throws: ``EventBusError`` when it was not taken; observers of this process may have seen it all the same.
    public func send(_ occurrence: Occurrence) async throws(EventBusError) -> PendingReceipt {
        switch rules.reach(of: occurrence.eventType) {
        case .local:
            return try await local.send(occurrence)
        case .remote:
            return try await remote.send(occurrence, shownBy: nil)
        case .both:
            // What the remote half would refuse is shown to nobody.
            try occurrence.checkPublishing()
            try await local.deliver(occurrence, to: .observers)
            return try await remote.send(occurrence, shownBy: instance)
        }
    }

    // MARK: - Who listens

    /// Adds an observer to both halves, or to the local one alone when nothing else would reach it.
    ///
    /// - Parameter observer: what it wants, and what it does with it.
    /// - Returns: a handle.
    /// - Throws: `invalidSubscription`, saying what makes no sense.
    public func add(_ observer: Observer) throws(EventBusError) -> EventSubscription {
        let here = try local.add(observer)
        let patterns = observer.patterns.filter { !rules.keepLocal($0) }
        guard !patterns.isEmpty else { return here }
        var abroad = observer
        abroad.patterns = patterns
        return both(
            here,
            try orCancel(here) { () throws(EventBusError) in
                try remote.add(abroad, hidingFrom: instance)
            }
        )
    }

    /// Adds a subscriber: in memory for what stays here, and at the broker for everything else it wants.
    ///
    /// Its concurrency holds for both together.
    ///
    /// - Parameter subscriber: what it wants, and what it does with it.
    /// - Returns: a handle.
    /// - Throws: `invalidSubscription`, saying what makes no sense.
    public func add(_ subscriber: Subscriber) throws(EventBusError) -> EventSubscription {
        let patterns = subscriber.patterns.filter { !rules.keepLocal($0) }
        guard !patterns.isEmpty else { return try local.add(subscriber) }
        var subscriber = subscriber
        subscriber.permits = HandlerPermits(subscriber.concurrency)
        let here = try local.add(subscriber)
        var abroad = subscriber
        abroad.patterns = patterns
        return both(here, try orCancel(here) { () throws(EventBusError) in try remote.add(abroad) })
    }

    private func orCancel(
        _ here: EventSubscription,
        _ add: () throws(EventBusError) -> EventSubscription
    ) throws(EventBusError) -> EventSubscription {
        do {
            return try add()
        } catch {
            here.cancel()
            throw error
        }
    }

    /// One handle for two; ready when the one at the broker is.
    private func both(_ here: EventSubscription, _ abroad: EventSubscription) -> EventSubscription {
        EventSubscription(following: abroad) {
            here.cancel()
            abroad.cancel()
        }
    }
}
