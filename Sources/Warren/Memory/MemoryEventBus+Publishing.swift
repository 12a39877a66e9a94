internal import WarrenRuntime

extension MemoryEventBus {
    /// Who in this process gets an event.
    package enum Audience: Sendable {
        /// Observers and subscriptions.
        case everybody
        /// Observers alone: subscriptions get it another way.
        case observers
    }

    /// Publishes an event to this process: values go to handlers of their very type as they are.
    ///
    /// - Parameters:
    ///   - event: the event.
    ///   - correlationID: what belongs together; unless given, this event begins something.
    ///   - causationID: the id of the event that this one answers.
    ///   - subject: what the event is about, within its source.
    ///   - metadata: anything in short texts.
    /// - Returns: `.local`.
    /// - Throws: ``EventBusError``: `invalidEvent`, `overloaded`, `timedOut`, `cancelled`, `closed`.
    @inlinable
    @discardableResult
    public func publish<E: Event>(
        _ event: E,
        correlationID: String? = nil,
        causationID: String? = nil,
        subject: String? = nil,
        metadata: [String: String]? = nil
    ) async throws(EventBusError) -> PublishReceipt {
        let route: TypedRoute<E>
        if let known = knownRoute(ObjectIdentifier(E.self)) as? TypedRoute<E> {
            route = known
        } else {
            route = try findRoute(E.self)
        }
        if let correlationID { try Occurrence.check(correlationID: correlationID) }
        let occurrence = TypedOccurrence(
            event,
            route.kind,
            correlationID: correlationID,
            causationID: causationID,
            subject: subject,
            metadata: metadata
        )
        guard route.isDirect else { return try await send(occurrence).receipt }
        count(observed: route.typedHandlers.count)
        let context = EventContext(occurrence)
        for index in route.typedHandlers.indices {
            do {
                switch route.typedHandlers[index] {
                case .plain(let handler): try handler(event, context)
                case .waiting(let handler): try await handler(event, context)
                }
            } catch {
                report(error, of: route, at: index, occurrence)
            }
        }
        if route.hasQueues {
            if let waiting = offer(occurrence, route) { try await wait(for: waiting) }
        }
        return .local
    }

    /// Publishes an envelope to this process.
    ///
    /// - Parameter envelope: with a type that may be published.
    /// - Returns: `.local`.
    /// - Throws: as ``publish(_:correlationID:causationID:subject:metadata:)``.
    @discardableResult
    public func publish(_ envelope: EventEnvelope) async throws(EventBusError) -> PublishReceipt {
        let occurrence = try Occurrence(publishing: envelope)
        try await deliver(occurrence, to: .everybody, isPublished: true)
        return .local
    }

    /// Takes an event over, and hands it to whoever wants it here.
    ///
    /// - Parameter occurrence: the event.
    /// - Returns: a publish that is done.
    /// - Throws: as ``publish(_:correlationID:causationID:subject:metadata:)``.
    public func send(_ occurrence: Occurrence) async throws(EventBusError) -> PendingReceipt {
        try occurrence.checkPublishing()
        try await deliver(occurrence, to: .everybody, isPublished: true)
        return PendingReceipt(.local)
    }

    /// Hands an event to those who want it; counts it as a publish where that is not done elsewhere.
    package func deliver(
        _ occurrence: Occurrence,
        to audience: Audience,
        isPublished: Bool = false
    ) async throws(EventBusError) {
        var occurrence = occurrence
        if configuration.forcesJSON {
            do {
                occurrence = try occurrence.throughJSON()
            } catch {
                throw EventBusError(error)
            }
        }
        let route = try findRoute(occurrence)
        count(observed: route.handlers.count, isPublished: isPublished)
        let context = EventContext(occurrence)
        for index in route.handlers.indices {
            do {
                switch route.handlers[index] {
                case .plain(let handler): try handler(context)
                case .waiting(let handler): try await handler(context)
                }
            } catch {
                report(error, of: route, at: index, occurrence)
            }
        }
        guard route.hasQueues else { return }
        if let waiting = offer(occurrence, route, to: audience) { try await wait(for: waiting) }
    }

    // MARK: - Routes

    @usableFromInline
    func knownRoute(_ type: ObjectIdentifier) -> Route? {
        state.withLock { $0.routes[type] }
    }

    @usableFromInline
    func findRoute<E: Event>(_ type: E.Type) throws(EventBusError) -> TypedRoute<E> {
        let kind = try Occurrence.Kind(publishing: type, service: service)
        return try state.withLock { state throws(EventBusError) in
            let route = TypedRoute<E>(try makeRoute(kind, state))
            state.routes.keep(route, for: ObjectIdentifier(type))
            return route
        }
    }

    private func findRoute(_ occurrence: Occurrence) throws(EventBusError) -> Route {
        let type = occurrence.eventType
        return try state.withLock { state throws(EventBusError) in
            if let route = state.routes[type] { return route }
            let route = try makeRoute(Occurrence.Kind(type: type, version: "", source: ""), state)
            state.routes.keep(route, for: type)
            return route
        }
    }

    private func makeRoute(_ kind: Occurrence.Kind, _ state: State) throws(EventBusError) -> Route {
        guard !state.isClosed else { throw .busHasEnded }
        func wants(_ patterns: [TopicPattern]) -> Bool { patterns.contains { $0.matches(kind.type) } }
        let observers = state.observers.filter { wants($0.observer.patterns) }
        return Route(
            kind,
            observers: observers.filter { $0.queue == nil }.map(\.observer),
            observerQueues: observers.compactMap(\.queue),
            subscriptions: state.subscriptions.values
                .filter { $0.members.contains { wants($0.patterns) } }
                .map(\.queue)
                .sorted { $0.name < $1.name },
            isDirect: !configuration.forcesJSON
        )
    }

    // MARK: - Queues

    /// What a publish has to wait for.
    @usableFromInline
    struct Waiting: Sendable {
        let occurrence: Occurrence
        /// Those whose queue had no room.
        var full: [MemoryDelivery] = []
        /// What has to be dealt with first, where a publish waits for handlers.
        var consequences: Consequences?
        /// Whether somebody further up waits for it.
        var isNested = false
        /// Whether the bus has ended meanwhile, and nobody handles it.
        var isTooLate = false
    }

    /// Puts an event into the queues that have room.
    ///
    /// - Returns: what has to be waited for, which mostly is nothing.
    @usableFromInline
    func offer(_ occurrence: Occurrence, _ route: Route) -> Waiting? {
        offer(occurrence, route, to: .everybody)
    }

    private func offer(_ occurrence: Occurrence, _ route: Route, to audience: Audience) -> Waiting? {
        for queue in route.observerQueues {
            if case .takenForOldest = queue.offer(MemoryDelivery(occurrence, queue: queue)) { lostOldest(queue) }
        }
        guard audience == .everybody, !route.subscriptions.isEmpty else { return nil }
        var waiting: Waiting?
        if configuration.dispatch == .inPlace {
            let joined = Consequences.joined()
            waiting = Waiting(occurrence: occurrence, consequences: joined ?? Consequences(), isNested: joined != nil)
        }
        for queue in route.subscriptions {
            waiting?.consequences?.join()
            let delivery = MemoryDelivery(occurrence, queue: queue, consequences: waiting?.consequences)
            switch queue.offer(delivery) {
            case .taken, .takenForOldest: continue
            case .closed:
                delivery.consequences?.leave()
                guard isClosed else { continue }
                waiting = waiting ?? Waiting(occurrence: occurrence)
                waiting?.isTooLate = true
            case .full:
                waiting = waiting ?? Waiting(occurrence: occurrence)
                waiting?.full.append(delivery)
            }
        }
        return waiting
    }

    @usableFromInline
    func wait(for waiting: Waiting) async throws(EventBusError) {
        let deadline = surroundings.clock.now.advanced(by: configuration.publishTimeout)
        var full = waiting.full[...]
        do throws(EventBusError) {
            if waiting.isTooLate { throw .busHasEnded }
            while let delivery = full.first {
                try await offer(delivery, until: deadline)
                full = full.dropFirst()
            }
        } catch {
            for delivery in full { delivery.consequences?.leave() }
            waiting.consequences?.leave()
            throw error
        }
        guard let consequences = waiting.consequences else { return }
        consequences.leave()
        if !waiting.isNested { try await wait(for: consequences, of: waiting.occurrence, until: deadline) }
    }

    /// Whether the bus has ended, rather than one of its subscriptions.
    private var isClosed: Bool { state.withLock { $0.isClosed } }

    private func lostOldest(_ queue: MemoryQueue) {
        surroundings.reports.add(.overflowed)
        guard queue.beginsOverflowing() else { return }
        let reason = "more than \(configuration.bufferSize) events waited for it: the oldest are lost"
        surroundings.reports.tell(.init(.observerOverflowed, queue.name, reason: reason))
    }

    private func offer(_ delivery: MemoryDelivery, until deadline: MonotonicTime) async throws(EventBusError) {
        let queue = delivery.queue
        let admission = await within(deadline) { () -> MemoryQueue.Admission? in
            while true {
                let admission = queue.offer(delivery)
                guard admission == .full else { return admission }
                // Who waits is woken late, so at the end of its time there may be room all the same.
                if Task.isCancelled { return nil }
                await queue.waitForRoom()
            }
        }
        switch admission {
        case .closed:
            if isClosed { throw .busHasEnded }
            delivery.consequences?.leave()
        case .taken, .takenForOldest:
            break
        case .full, nil:
            if Task.isCancelled {
                throw EventBusError(.cancelled, "the wait for room in '\(queue.name)' was cancelled")
            }
            let limits = (configuration.bufferSize, configuration.publishTimeout)
            throw EventBusError(
                .overloaded,
                "the subscription '\(queue.name)' has no room for '\(delivery.event.eventType)': \(limits.0) events wait "
                    + "in it, and none was taken out within \(limits.1)"
            )
        }
    }

    private func wait(
        for consequences: Consequences,
        of occurrence: Occurrence,
        until deadline: MonotonicTime
    ) async throws(EventBusError) {
        let isOver = await within(deadline) { () -> Bool? in
            await consequences.end()
            // They may have ended just when the time was up.
            return consequences.areOver ? true : nil
        }
        if isOver == true { return }
        if Task.isCancelled { throw EventBusError(.cancelled, "the wait for the handlers was cancelled; they go on") }
        throw EventBusError(
            .timedOut,
            "the handlers of '\(occurrence.eventType)' had not ended after \(configuration.publishTimeout); they go on"
        )
    }

    /// What `body` returns, or `nil` after `deadline`; `body` has to end when it is cancelled.
    private func within<Value: Sendable>(
        _ deadline: MonotonicTime,
        _ body: @escaping @Sendable () async -> Value?
    ) async -> Value? {
        let clock = surroundings.clock
        return await withTaskGroup(of: Value?.self) { group in
            group.addTask { await body() }
            group.addTask {
                try? await clock.sleep(until: deadline)
                return nil
            }
            let result = await group.next() ?? nil
            group.cancelAll()
            // It may have been done just as the time was up.
            let other = await group.next() ?? nil
            return result ?? other
        }
    }

    // MARK: - Reports

    @usableFromInline
    func count(observed: Int, isPublished: Bool = true) {
        if isPublished { surroundings.reports.add(.published) }
        if observed > 0 { surroundings.reports.add(.observed, observed) }
    }

    @usableFromInline
    func report(_ error: any Error, of route: Route, at index: Int, _ occurrence: Occurrence) {
        surroundings.reports.add(.failed)
        let name = route.observers[index].patterns.map(\.text).joined(separator: ", ")
        let reason = "\(type(of: error)): \(error)"
        surroundings.reports.tell(.init(.observerFailed, name, eventID: occurrence.eventID, reason: reason))
    }
}
