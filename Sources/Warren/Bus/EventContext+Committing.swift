extension EventContext {
    /// Writes the handler's own rows together with the mark that the event was handled: both or none of them, and once,
    /// however often the event comes.
    ///
    /// ```swift
    /// try bus.subscribe(OrderPaid.self, as: "billing.order-paid") { order, context in
    ///     try await context.commit { (transaction: SQLiteTransaction) in
    ///         try transaction.execute("INSERT INTO payments VALUES (?, ?)", order.orderID, order.amount)
    ///     }
    /// }
    /// ```
    /// From then on the event is handled, whatever the handler still does: what it throws is reported, and the event is not
    /// tried again. So it is the last thing that a handler does. What it does elsewhere, as to other services, may be done
    /// more than once.
    ///
    /// - Parameter body: writes the rows, with the kind of transaction that the bus's inbox has; called on a thread of the
    ///   store, which does nothing else meanwhile, and called again where what it wrote was rolled back through no fault of
    ///   its own: it should do nothing else that would be wrong twice.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws; ``EventBusError`` with code `cannotCommit` without an inbox, for an event without an
    ///   id, for one without a source whose id is no UUID, and in an observer; ``StorageError``: `alreadyHandled` when the
    ///   event was handled before, also by an earlier commit of this handler, `wrongTransaction`, `busy` when somebody else
    ///   is at work on it, and what may happen to any write. Nothing was written then, but for the code `unknown`, which a
    ///   cancelled task gets: before the event is tried again the inbox is asked. A handler that lets an error through has
    ///   its event judged rightly: where it is the store that failed (a full disk, say) it is no failed attempt, and the
    ///   event goes back to where it came from.
    @discardableResult
    public func commit<Transaction: StoreTransaction, Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        try await requireClaim().commit(body)
    }

    /// The same for a handler that wants nothing back, as one whose only statement this is.
    ///
    /// - Parameter body: as above.
    /// - Throws: as above.
    public func commit<Transaction: StoreTransaction>(
        _ body: @escaping @Sendable (Transaction) throws -> Void
    ) async throws {
        try await requireClaim().commit(body)
    }

    private func requireClaim() throws(EventBusError) -> HandlerClaim {
        if let claim { return claim }
        guard let subscription else {
            let reason = "an observer has nothing to commit: subscribe to '\(eventType)' for that"
            throw EventBusError(.cannotCommit, reason)
        }
        throw EventBusError(
            .cannotCommit,
            "the bus of the subscription '\(subscription)' has no inbox: give it one, and its handlers can commit"
        )
    }
}
