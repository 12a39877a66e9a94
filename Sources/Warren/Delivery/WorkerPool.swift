package import WarrenRuntime

/// Takes deliveries from a source and sees each through to its end: handler under timeout and limits, policy,
/// settlement.
package final class WorkerPool: Sendable {
    /// Who the handler is, which decides what its failure means.
    package enum Role: Sendable {
        /// What it throws is reported, and that is all.
        case observer
        /// What it throws is tried again, and then a dead letter.
        case subscription
    }

    /// What the pools of a bus share.
    package struct Surroundings: Sendable {
        package let permits: HandlerPermits
        let limits: HandlerLimits
        let clock: any RuntimeClock
        let reports: BusReports
        let inbox: (any InboxStore)?

        /// `permits` are shared with another bus of the process; unless given, this one has its own.
        package init(
            limits: HandlerLimits,
            clock: any RuntimeClock,
            reports: BusReports,
            permits: HandlerPermits? = nil,
            inbox: (any InboxStore)? = nil
        ) {
            self.permits = permits ?? HandlerPermits(limits.maxHandlers)
            self.limits = limits
            self.clock = clock
            self.reports = reports
            self.inbox = inbox
        }
    }

    /// How many deliveries one worker takes at a time when it handles them one by one.
    private static let grip = 64

    let role: Role
    let subscriber: Subscriber
    let surroundings: Surroundings
    let stopping = StopSignal()
    /// What keeps events from being handled twice; observers do without.
    let inbox: (any InboxStore)?
    private let source: any DeliverySource

    package init(_ subscriber: Subscriber, role: Role, source: any DeliverySource, _ surroundings: Surroundings) {
        self.subscriber = subscriber
        self.role = role
        self.source = source
        self.surroundings = surroundings
        inbox = role == .subscription ? surroundings.inbox : nil
    }

    /// Runs until the source has no more.
    package func run() async {
        await withDiscardingTaskGroup { group in
            for _ in 0..<subscriber.concurrency {
                group.addTask { await self.runWorker() }
            }
        }
    }

    /// Begins nothing new: what a handler is at work on may end, the rest is released.
    package func stop() {
        stopping.stop()
        source.stop()
    }

    // MARK: - One worker

    /// A handler that overran is cancelled with the task it runs in; what it left goes on in another one.
    private func runWorker() async {
        var left: ArraySlice<Case>? = []
        while let backlog = left {
            let timeout = subscriber.timeout ?? surroundings.limits.timeout
            let attempts = Attempts(self, HandlerWatch(timeout: timeout, clock: surroundings.clock))
            left = await withTaskGroup(of: ArraySlice<Case>?.self) { group in
                group.addTask { await self.work(backlog, attempts) }
                group.addTask {
                    if let work = await attempts.watch.overrun() {
                        attempts.turn.overran()
                        self.tellOverrun(work)
                    }
                    return nil
                }
                var left: ArraySlice<Case>?
                for await result in group {
                    left = left ?? result
                    group.cancelAll()
                }
                return left
            }
        }
    }

    /// Told at once: the handler may never return.
    private func tellOverrun(_ work: HandlerWatch.Work) {
        let isAlone = work.count == 1
        surroundings.reports.tell(
            .init(
                .handlerTimedOut,
                subscriber.name,
                eventID: isAlone ? work.occurrence.eventID : nil,
                reason: isAlone ? nil : "a batch of \(work.count)"
            )
        )
    }

    /// - Returns: what is left to do after a handler overran; `nil` when the source has no more.
    private func work(_ backlog: ArraySlice<Case>, _ attempts: Attempts) async -> ArraySlice<Case>? {
        var backlog = backlog
        while true {
            // Of a batch.
            if backlog.count > 1 {
                let count = backlog.count
                await attempts.concludeTogether(&backlog)
                surroundings.reports.addInHand(backlog.count - count)
            }
            while let index = backlog.indices.first {
                guard await attempts.see(&backlog[index]) else { return backlog }
                backlog = backlog.dropFirst()
                surroundings.reports.addInHand(-1)
            }
            // A slice keeps all that it was cut from alive, and the next event may be long in coming.
            backlog = []
            let deliveries = await source.next(upTo: reach)
            guard !deliveries.isEmpty else { return nil }
            backlog = deliveries.map(Case.init)[...]
            surroundings.reports.addInHand(deliveries.count)
            if case .batch(_, let handler) = subscriber.handler, backlog.count > 1 {
                let goesOn = await attempts.seeTogether(&backlog, handler)
                surroundings.reports.addInHand(backlog.count - deliveries.count)
                guard goesOn else { return backlog }
            }
        }
    }

    /// Several workers share what is there; a lone one takes more at a time.
    private var reach: Int {
        switch subscriber.handler {
        case .batch(let limit, _): limit
        case .each: subscriber.concurrency == 1 ? Self.grip : 1
        }
    }
}
