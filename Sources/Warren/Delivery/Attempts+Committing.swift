/// Claims after handlers have returned.
extension Attempts {
    /// Ends the claim on an event whose handler has returned: the event is marked as handled, or free for another attempt.
    ///
    /// What was committed is handled, whatever the handler has come to afterwards.
    func endClaim(
        of item: inout Case,
        _ occurrence: Occurrence,
        _ result: Result<Disposition, any Error>,
        isInTime: Bool
    ) async {
        guard let claim = item.claim.take() else { return }
        if claim.isCommitted {
            item.verdict = .handled
            return afterCommit(item, result, isInTime: isInTime)
        }
        if claim.wasHandledBefore {
            item.verdict = .duplicate
            return await claim.release()
        }
        switch result {
        case .success(.ack) where isInTime, .success(.drop) where isInTime:
            await complete(claim, of: item)
        default:
            await giveUp(claim, of: &item)
        }
    }

    /// Ends the claim on an event whose handler was not called.
    func endClaim(of item: inout Case) async {
        await item.claim.take()?.release()
    }

    /// Ends the claims on the events of a batch; `completing`: those that the handler has not committed are handled too.
    func endClaims(of items: inout ArraySlice<Case>, completing isCompleting: Bool = false) async {
        var handled: [(HandlerClaim, Case)] = []
        for index in items.indices {
            guard let claim = items[index].claim.take() else { continue }
            if claim.isCommitted {
                items[index].verdict = .handled
            } else if claim.wasHandledBefore {
                items[index].verdict = .duplicate
                await claim.release()
            } else if isCompleting {
                handled.append((claim, items[index]))
            } else {
                await giveUp(claim, of: &items[index])
            }
        }
        // At a time, so that they share a transaction.
        guard !handled.isEmpty else { return }
        _ = await concurrently(handled) { claim, item in await complete(claim, of: item) }
    }

    /// Gives a claim back whose handler has failed; where it was the store that did, it is no attempt of the event's.
    private func giveUp(_ claim: HandlerClaim, of item: inout Case) async {
        item.isInDoubt = claim.isInDoubt
        item.verdict = claim.storeFailure.map(Case.Verdict.uncommitted)
        await claim.release()
    }

    /// Marks an event as handled.
    ///
    /// If that fails the event is dealt with all the same: its handler has returned, and given back it would surely be
    /// called again, while without the mark it only is if the event comes another time.
    private func complete(_ claim: HandlerClaim, of item: Case) async {
        do throws(StorageError) {
            try await claim.complete()
        } catch {
            // That somebody has marked it meanwhile is as good.
            if error.code != .alreadyHandled { tellFailure(item, "it was handled, but not marked so: \(error)") }
            await claim.release()
        }
    }

    /// Tells what a handler has come to after it had committed.
    private func afterCommit(_ item: Case, _ result: Result<Disposition, any Error>, isInTime: Bool) {
        // That it took too long is told, and to be cancelled is no failure.
        guard isInTime, !Task.isCancelled else { return }
        let outcome: String
        switch result {
        case .success(.ack), .success(.drop): return
        case .success(.release): outcome = "was given back"
        case .success(.retry): outcome = "was to be tried again"
        case .success(.deadLetter(let reason)): outcome = "was to be a dead letter: \(reason)"
        case .failure(let end as HandlerHasRetired): return retire(end)
        case .failure(let error): outcome = "failed: \(type(of: error)): \(error)"
        }
        reports.add(.failed)
        let reason = "it was committed and is handled, but then it \(outcome)"
        reports.tell(.init(.handlerFailed, pool.subscriber.name, eventID: item.eventID, reason: reason))
    }

    /// Nothing is left to do but to say so.
    func conclude(_ item: Case, _ verdict: Case.Verdict) {
        switch verdict {
        case .handled:
            accept(item)
        case .duplicate:
            guard item.delivery.accept() else { return notSettled(item) }
            reports.add(.duplicates)
            reports.tell(.init(.duplicate, pool.subscriber.name, eventID: item.eventID))
        case .uncommitted(let error):
            giveBack(item, "it was not committed, and comes again: \(error)")
        }
    }

    /// The same for all that nothing else is to be asked of; a pause is made for all of them once.
    func concludeTogether(_ items: inout ArraySlice<Case>) async {
        var (open, pauses) = ([Case](), false)
        for item in items {
            guard let verdict = item.verdict, !item.isInDoubt, !item.delivery.isStale else {
                open.append(item)
                continue
            }
            conclude(item, verdict)
            if case .uncommitted = verdict { pauses = true }
        }
        items = open[...]
        if pauses { await pauseAfterFailure() }
    }
}
