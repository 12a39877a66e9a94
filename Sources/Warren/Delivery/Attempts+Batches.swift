internal import WarrenRuntime

extension Attempts {
    /// Gives a batch to its handler at once; where that fails each of them is left to be seen alone.
    ///
    /// - Returns: whether the worker may go on in this task.
    func seeTogether(
        _ items: inout ArraySlice<Case>,
        _ handler: @Sendable ([EventContext]) async throws -> Void
    ) async -> Bool {
        guard items.allSatisfy({ (try? $0.delivery.occurrence.get()) != nil && $0.delay == nil }) else { return true }
        var alone: [Case] = []
        if let inbox = pool.inbox, !pool.stopping.isStopped { alone = await claimTogether(&items, inbox) }
        defer { items += alone }
        guard !items.isEmpty else { return true }
        guard await takesTurn() else {
            await endClaims(of: &items)
            return true
        }
        // The turn may have been long in coming.
        await leaveStale(&items)
        guard let first = try? items.first?.delivery.occurrence.get() else {
            turn.end()
            return true
        }
        watch.begin(first, count: items.count)
        let contexts = items.compactMap { item in try? context(item, item.delivery.occurrence.get()) }
        let error: (any Error)?
        do {
            if pool.subscriber.permits != nil || items.contains(where: { $0.delivery.consequences != nil }) {
                // Of which event a further one follows is not known: nobody waits for those.
                try await Consequences().include { try await handler(contexts) }
            } else {
                try await handler(contexts)
            }
            error = nil
        } catch let caught {
            error = caught
        }
        let isInTime = watch.end()
        turn.end(inTime: isInTime)
        // Whatever they have done, they have ended nobody.
        for index in items.indices { items[index].isSuspect = false }
        await endClaims(of: &items, completing: isInTime && error == nil)
        if isInTime, let end = error as? HandlerHasRetired {
            retire(end)
            return true
        }
        if let error, isInTime, !Task.isCancelled {
            reports.tell(.init(.handlerFailed, pool.subscriber.name, reason: "a batch of \(items.count): \(error)"))
        }
        guard isInTime else { return false }
        guard error == nil else { return true }
        for item in items {
            if let verdict = item.verdict { conclude(item, verdict) } else { accept(item) }
        }
        items = []
        return true
    }

    /// What comes again is not handled now.
    private func leaveStale(_ items: inout ArraySlice<Case>) async {
        let isStale = items.map(\.delivery.isStale)
        guard isStale.contains(true) else { return }
        let all = zip(items, isStale)
        var stale = all.filter(\.1).map(\.0)[...]
        items = all.filter { !$0.1 }.map(\.0)[...]
        await endClaims(of: &stale)
    }
}
