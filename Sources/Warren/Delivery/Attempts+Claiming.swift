/// Claims before handlers are called.
extension Attempts {
    /// How long a worker waits for somebody else who is at work on the same event.
    private static let patience = Duration.seconds(5)
    /// How long a worker waits after the inbox has failed.
    private static let pauseAfterFailure = Duration.seconds(1)

    private func key(_ item: Case) -> InboxKey? {
        guard let occurrence = try? item.delivery.occurrence.get() else { return nil }
        return InboxKey(occurrence, for: pool.subscriber.name)
    }

    /// Claims an event, and waits for its handler's turn.
    ///
    /// - Returns: whether the handler is to be called; otherwise the delivery is dealt with.
    func claims(_ item: inout Case, _ occurrence: Occurrence, _ inbox: any InboxStore) async -> Bool {
        guard let key = keyToClaim(item) else {
            guard await takesTurn() else {
                release(item)
                return false
            }
            item.claim = HandlerClaim(inbox, occurrence, pool.subscriber.name)
            return true
        }
        let admission = await admission(to: inbox, key, isSuspect: item.isSuspect, waitingUpTo: Self.patience)
        guard case .success(.admitted(let claim)) = admission else {
            await turnDown(item, admission)
            return false
        }
        if await isPoison(item, claim) { return false }
        (item.crashes, item.isAlone) = (claim.crashes, claim.crashes > 0)
        guard await takesTurn(alone: item.isAlone) else {
            await claim.release()
            release(item)
            return false
        }
        do throws(StorageError) {
            // Not before it is alone: else what others do would be laid to its charge.
            if item.isAlone { try await putOnRecord(claim) }
        } catch {
            turn.end(alone: true)
            await turnDown(item, .failure(error))
            return false
        }
        item.claim = HandlerClaim(inbox, occurrence, pool.subscriber.name, claim)
        return true
    }

    /// Claims the events of a batch that a handler may have together.
    ///
    /// - Returns: those that are to be seen alone.
    func claimTogether(_ items: inout ArraySlice<Case>, _ inbox: any InboxStore) async -> [Case] {
        var (together, alone, claimed): ([Case], [Case], [(Case, InboxKey)]) = ([], [], [])
        for var item in items {
            guard let occurrence = try? item.delivery.occurrence.get() else { continue }
            if let key = keyToClaim(item) {
                claimed.append((item, key))
            } else {
                item.claim = HandlerClaim(inbox, occurrence, pool.subscriber.name)
                together.append(item)
            }
        }
        let admissions = await concurrently(claimed) { item, key in
            await admission(to: inbox, key, isSuspect: item.isSuspect, waitingUpTo: .zero)
        }
        for ((item, key), admission) in zip(claimed, admissions) {
            var item = item
            switch admission {
            case .success(.admitted(let claim)) where claim.crashes == 0:
                guard let occurrence = try? item.delivery.occurrence.get() else { continue }
                item.claim = HandlerClaim(inbox, occurrence, key.subscription, claim)
                together.append(item)
            case .success(.admitted(let claim)):
                await claim.release()
                alone.append(item)
            case .success(.handled):
                conclude(item, .duplicate)
            case .success(.busy), .failure:
                alone.append(item)
            }
        }
        items = together[...]
        return alone
    }

    /// Claims an event; a suspect whose crash nobody has found yet is on record then.
    private func admission(
        to inbox: any InboxStore,
        _ key: InboxKey,
        isSuspect: Bool = false,
        waitingUpTo wait: Duration
    ) async -> Result<InboxAdmission, StorageError> {
        do throws(StorageError) {
            let admission = try await inbox.claim(key, waitingUpTo: wait)
            if isSuspect, case .admitted(let claim) = admission, claim.crashes == 0 { try await putOnRecord(claim) }
            return .success(admission)
        } catch {
            return .failure(error)
        }
    }

    /// - Throws: the claim has ended then.
    private func putOnRecord(_ claim: any InboxClaim) async throws(StorageError) {
        do throws(StorageError) {
            try await claim.putOnRecord()
        } catch {
            await claim.release()
            throw error
        }
    }

    /// Deals with what was not admitted; without the inbox nothing is handled.
    private func turnDown(_ item: Case, _ admission: Result<InboxAdmission, StorageError>) async {
        switch admission {
        case .success(.handled):
            conclude(item, .duplicate)
        case .success(.busy), .success(.admitted):
            let reason = "somebody else is at work on it"
            reports.tell(.init(.released, pool.subscriber.name, eventID: item.eventID, reason: reason))
            release(item)
            _ = await wait(Self.pauseAfterRelease)
        case .failure(let error):
            giveBack(item, "it was not claimed, and comes again: \(error)")
            await pauseAfterFailure()
        }
    }

    /// Gives an event back because the inbox has failed.
    func giveBack(_ item: Case, _ reason: String) {
        // That the task was cancelled is no failure.
        if !Task.isCancelled { tellFailure(item, reason) }
        release(item)
    }

    /// What was given back because the inbox has failed comes again at once.
    func pauseAfterFailure() async {
        _ = await wait(Self.pauseAfterFailure)
    }

    /// What to claim an event by that may come twice; one that cannot be told from others is counted once.
    private func keyToClaim(_ item: Case) -> InboxKey? {
        guard item.delivery.mayComeTwice else { return nil }
        if let key = key(item) { return key }
        if !item.hasFailed { reports.add(.unidentified) }
        return nil
    }

    // MARK: - What may end the process

    /// Makes what has ended the process too often a dead letter.
    ///
    /// What is on record is so with others until a process ends, and from then on alone: the first crash says nothing of
    /// it, and each further one is its own.
    ///
    /// - Returns: whether it has.
    private func isPoison(_ item: Case, _ claim: any InboxClaim) async -> Bool {
        let ownCrashes = claim.crashes - 1
        guard ownCrashes >= pool.surroundings.limits.maxCrashes else { return false }
        let error = "its handler has ended the process \(ownCrashes) times, while it was at work on nothing else"
        let failure = Case.Failure(error: error, errorType: "crash", isFinal: true)
        var item = item
        item.attempts += ownCrashes - 1
        item.fail(failure, at: now)
        if await bury(item, failure) { await forget(item, claim) } else { await claim.release() }
        return true
    }

    /// A dead letter starts afresh if somebody wants it again.
    func forgetCrashes(_ item: Case) async {
        guard item.crashes > 0, let inbox = pool.inbox, let key = key(item) else { return }
        switch await admission(to: inbox, key, waitingUpTo: .zero) {
        case .success(.admitted(let claim)): await forget(item, claim)
        case .success: return
        case .failure(let error): tellFailure(item, "its crashes were not forgotten: \(error)")
        }
    }

    private func forget(_ item: Case, _ claim: any InboxClaim) async {
        do throws(StorageError) {
            try await claim.forget()
        } catch {
            tellFailure(item, "its crashes were not forgotten: \(error)")
            await claim.release()
        }
    }

    func tellFailure(_ item: Case, _ reason: String) {
        reports.tell(.init(.inboxFailed, pool.subscriber.name, eventID: item.eventID, reason: reason))
    }

    // MARK: - Doubts

    /// Finds out whether a commit that nobody was told of was carried out.
    ///
    /// - Returns: whether that is known now; otherwise the delivery is given back.
    func isSettled(_ item: inout Case) async -> Bool {
        guard let inbox = pool.inbox, let key = key(item) else { return true }
        do throws(StorageError) {
            item.verdict = try await inbox.isHandled(key) ? .handled : item.verdict
            item.isInDoubt = false
            return true
        } catch {
            giveBack(item, "whether it was committed is not known, and it comes again: \(error)")
            await pauseAfterFailure()
            return false
        }
    }
}

/// Does something with each of them at a time.
///
/// - Returns: the results, in their order.
func concurrently<Element: Sendable, Result: Sendable>(
    _ elements: [Element],
    _ body: @escaping @Sendable (Element) async -> Result
) async -> [Result] {
    await withTaskGroup(of: (Int, Result).self) { group in
        for (index, element) in elements.enumerated() {
            group.addTask { (index, await body(element)) }
        }
        var results: [Result?] = Array(repeating: nil, count: elements.count)
        for await (index, result) in group { results[index] = result }
        return results.compactMap(\.self)
    }
}
