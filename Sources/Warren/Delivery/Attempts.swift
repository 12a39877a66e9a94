internal import WarrenRuntime

/// How one worker sees its deliveries through: attempt after attempt, until something is decided.
struct Attempts: Sendable {
    /// How long a worker that gave an event back waits before it takes the next one.
    static let pauseAfterRelease = Duration.milliseconds(100)

    let pool: WorkerPool
    let watch: HandlerWatch
    let turn: HandlerTurn

    init(_ pool: WorkerPool, _ watch: HandlerWatch) {
        self.pool = pool
        self.watch = watch
        turn = HandlerTurn(pool.subscriber.permits, pool.surroundings.permits.current)
    }

    var reports: BusReports { pool.surroundings.reports }

    var now: EventTimestamp { EventTimestamp(milliseconds: pool.surroundings.clock.wallTime.milliseconds) }

    /// Sees a delivery through.
    ///
    /// - Returns: whether it is settled; otherwise the handler overran, and another task has to go on.
    func see(_ item: inout Case) async -> Bool {
        while true {
            // Handling it now would only mean to handle it twice.
            if item.delivery.isStale { return true }
            if item.isInDoubt, await !isSettled(&item) { return true }
            if let verdict = item.verdict {
                conclude(item, verdict)
                if case .uncommitted = verdict { await pauseAfterFailure() }
                return true
            }
            if let failure = item.failure {
                guard let delay = delay(after: failure, item) else {
                    if await bury(item, failure) { await forgetCrashes(item) }
                    return true
                }
                (item.failure, item.delay) = (nil, delay)
            }
            if let delay = item.delay {
                // What has only to go on waiting does so where it is when the bus ends.
                if item.delivery.mayLeave(for: delay), item.hasFailed || !pool.stopping.isStopped {
                    await postpone(item, delay)
                    return true
                }
                guard await wait(delay, with: item) else {
                    release(item)
                    return true
                }
                item.delay = nil
                continue
            }
            guard case .success(let occurrence) = item.delivery.occurrence else {
                item.fail(unreadable: item.delivery.occurrence, at: now)
                continue
            }
            if !beginsAtOnce(occurrence) {
                guard await begins(&item, occurrence) else { return true }
            }
            let result: Result<Disposition, any Error>
            do {
                let context = context(item, occurrence)
                if let consequences = item.delivery.consequences {
                    result = .success(try await consequences.include { try await call(context) })
                } else if pool.subscriber.permits != nil {
                    result = .success(try await callWithoutWaiting(context))
                } else {
                    result = .success(try await call(context))
                }
            } catch {
                result = .failure(error)
            }
            let isInTime = watch.end()
            // Who is alone is so until it is off the record; for others nobody has to wait.
            let wasAlone = item.isAlone
            if !wasAlone { turn.end(inTime: isInTime) }
            if item.claim != nil { await endClaim(of: &item, occurrence, result, isInTime: isInTime) }
            if wasAlone { turn.end(inTime: isInTime, alone: true) }
            // Whatever it has done, it has ended nobody.
            (item.isAlone, item.isSuspect) = (false, false)
            if item.verdict != nil {
                guard isInTime else { return false }
                continue
            }
            if isInTime, case .success(.ack) = result {
                accept(item)
                return true
            }
            switch judge(&item, occurrence, result, isInTime: isInTime) {
            case .settled: return true
            case .released:
                // Whoever cannot take it now hardly can at once, and going round and round would keep others from running.
                _ = await wait(Self.pauseAfterRelease)
                return true
            case .failed: continue
            case .overran: return false
            }
        }
    }

    /// - Returns: whether the handler is to be called now; otherwise there is something to wait for.
    private func beginsAtOnce(_ occurrence: Occurrence) -> Bool {
        guard pool.inbox == nil, !pool.stopping.isStopped, turn.beginAtOnce() else { return false }
        watch.begin(occurrence)
        return true
    }

    /// Waits for the handler's turn; where there is an inbox, with the event claimed.
    ///
    /// - Returns: whether the handler is to be called now; otherwise the delivery is dealt with.
    private func begins(_ item: inout Case, _ occurrence: Occurrence) async -> Bool {
        if let inbox = pool.inbox, !pool.stopping.isStopped {
            guard await claims(&item, occurrence, inbox) else { return false }
        } else {
            guard await takesTurn() else {
                release(item)
                return false
            }
        }
        // The turn may have been long in coming.
        guard !item.delivery.isStale else {
            if item.claim != nil { await endClaim(of: &item) }
            turn.end(alone: item.isAlone)
            return false
        }
        watch.begin(occurrence)
        return true
    }

    /// Waits for a handler's turn.
    ///
    /// - Returns: whether it has come; not when the subscription or the bus ends first.
    func takesTurn(alone: Bool = false) async -> Bool {
        guard !pool.stopping.isStopped, await turn.begin(alone: alone) else { return false }
        guard !pool.stopping.isStopped else {
            turn.end(alone: alone)
            return false
        }
        return true
    }

    /// What the handler publishes within the process may be for the other half of its own subscription, which waits until
    /// the handler has ended: a publish that waited for that would wait in vain.
    private func callWithoutWaiting(_ context: EventContext) async throws -> Disposition {
        let consequences = Consequences()
        defer { consequences.leave() }
        return try await consequences.include { try await call(context) }
    }

    @inline(__always)
    private func call(_ context: EventContext) async throws -> Disposition {
        switch pool.subscriber.handler {
        case .each(let handler):
            return try await handler(context)
        case .batch(_, let handler):
            try await handler([context])
            return .ack
        }
    }

    // MARK: - After an attempt

    private enum Judgement {
        case settled
        case released
        case failed
        case overran
    }

    private func judge(
        _ item: inout Case,
        _ occurrence: Occurrence,
        _ result: Result<Disposition, any Error>,
        isInTime: Bool
    ) -> Judgement {
        guard isInTime else {
            let timeout = pool.subscriber.timeout ?? pool.surroundings.limits.timeout
            fail(&item, occurrence, Case.Failure(error: "cancelled after \(timeout)", errorType: "timeout"))
            return .overran
        }
        switch result {
        case .success(.ack), .success(.drop):
            accept(item)
            return .settled
        case .success(.release):
            reports.tell(.init(.released, pool.subscriber.name, eventID: occurrence.eventID))
            release(item)
            return .released
        case .success(.retry(let delay)):
            let error = "the handler asked for another attempt; the policy says how many there are"
            fail(&item, occurrence, Case.Failure(error: error, errorType: "retry", delay: delay))
        case .success(.deadLetter(let reason)):
            fail(&item, occurrence, Case.Failure(error: reason, errorType: "rejected", isFinal: true))
        case .failure where Task.isCancelled:
            // The bus ends: that the handler did not is no fault of the event.
            release(item)
            return .settled
        case .failure(let error as EventBusError) where pool.stopping.isStopped && error.saysThatItIsOver:
            // A bus that the handler publishes to has ended before it, which is no fault of the event either.
            release(item)
            return .settled
        case .failure(let end as HandlerHasRetired):
            retire(end)
            release(item)
            return .settled
        case .failure(let error as EventError) where error.code == .undecodable || error.code == .unencodable:
            let failure = Case.Failure(error: error.message, errorType: error.code.description, isFinal: true)
            fail(&item, occurrence, failure)
        case .failure(let error):
            let type = "\(type(of: (error as? PermanentFailure)?.cause ?? error))"
            let isFinal = pool.subscriber.retry.isPermanent(error)
            fail(&item, occurrence, Case.Failure(error: "\(error)", errorType: type, isFinal: isFinal))
        }
        return .failed
    }

    func retire(_ end: HandlerHasRetired) {
        reports.tell(.init(.subscriptionLost, pool.subscriber.name, reason: end.reason))
        pool.stop()
    }

    func context(_ item: Case, _ occurrence: Occurrence) -> EventContext {
        EventContext(
            occurrence,
            subscription: pool.role == .subscription ? pool.subscriber.name : nil,
            attempt: item.attempts + 1,
            isRedelivered: item.delivery.isRedelivered,
            claim: item.claim
        )
    }

    func fail(_ item: inout Case, _ occurrence: Occurrence, _ failure: Case.Failure) {
        item.fail(failure, at: now)
        reports.add(.failed)
        let kind: EventBusEvent.Kind = pool.role == .observer ? .observerFailed : .handlerFailed
        let reason = "\(failure.errorType): \(failure.error)"
        reports.tell(.init(kind, pool.subscriber.name, eventID: occurrence.eventID, reason: reason))
    }

    // MARK: - What follows

    /// How long to wait before the next attempt; `nil`: there is none.
    private func delay(after failure: Case.Failure, _ item: Case) -> Duration? {
        guard pool.role == .subscription, !failure.isFinal else { return nil }
        guard let delay = pool.subscriber.retry.delay(after: item.attempts) else { return nil }
        return min(failure.delay ?? delay, RetryPolicy.longestWait)
    }

    /// How often a wait looks whether there is still something to wait for.
    private static let lookInterval = Duration.seconds(1)

    /// Waits with a delivery in hand, as long as it does not become stale.
    ///
    /// - Returns: whether the time has come; not when the bus ends first.
    private func wait(_ delay: Duration, with item: Case) async -> Bool {
        guard item.delivery.mayBecomeStale else { return await wait(delay) }
        let clock = pool.surroundings.clock
        let end = clock.now.advanced(by: delay)
        while true {
            let left = clock.now.duration(until: end)
            guard await wait(min(left, Self.lookInterval)) else { return false }
            if left <= Self.lookInterval || item.delivery.isStale { return true }
        }
    }

    /// - Returns: whether the time has come; not when the bus ends first.
    func wait(_ delay: Duration) async -> Bool {
        guard delay > .zero else {
            // A handler that fails at once, again and again, keeps nobody from running.
            await Task.yield()
            return !pool.stopping.isStopped
        }
        let clock = pool.surroundings.clock
        return await pool.stopping.sleep(until: clock.now.advanced(by: delay), clock: clock)
    }

    // MARK: - Ends

    func accept(_ item: Case) {
        guard item.delivery.accept() else { return notSettled(item) }
        reports.add(pool.role == .observer ? .observed : .handled)
    }

    func release(_ item: Case) {
        guard item.delivery.release() else { return notSettled(item) }
        if pool.role == .subscription { reports.add(.released) }
    }

    private func postpone(_ item: Case, _ delay: Duration) async {
        let retry = Retry(after: delay, failedAttempts: item.attempts, firstFailedAt: item.firstFailedAt)
        if await !item.delivery.postpone(retry) { notSettled(item) }
    }

    /// - Returns: whether it is a dead letter.
    func bury(_ item: Case, _ failure: Case.Failure) async -> Bool {
        guard pool.role == .subscription else {
            accept(item)
            return false
        }
        let now = now
        let report = EventFailure(
            error: failure.error,
            errorType: failure.errorType,
            attempts: item.attempts,
            firstFailedAt: item.firstFailedAt ?? now,
            lastFailedAt: item.lastFailedAt ?? now,
            handler: pool.subscriber.name
        )
        guard await item.delivery.bury(report) else {
            notSettled(item)
            return false
        }
        reports.add(.deadLettered)
        let reason = "\(failure.errorType): \(failure.error)"
        reports.tell(.init(.deadLettered, pool.subscriber.name, eventID: item.eventID, reason: reason))
        return true
    }

    func notSettled(_ item: Case) {
        reports.tell(.init(.notSettled, pool.subscriber.name, eventID: item.eventID))
    }
}

extension EventBusError {
    /// Whether it is the end of a bus or of a task, and nothing else, that went wrong.
    fileprivate var saysThatItIsOver: Bool { code == .closed || code == .cancelled }
}
