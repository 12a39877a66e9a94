internal import WarrenRuntime

/// The right to handle an event, for as long as it is held.
///
/// It ends with one of ``commit(_:)``, ``complete()``, ``forget()`` and ``release()``; whoever lets go of it without has
/// given it back.
public protocol InboxClaim: Sendable {
    /// The event, and who handles it.
    var key: InboxKey { get }

    /// How often a process died while it was on record that it handles the event, when it was claimed.
    var crashes: Int { get }

    /// Whether the event was marked as handled through this claim.
    var isCompleted: Bool { get }

    /// Puts on record that the event is being handled, before this returns.
    ///
    /// Each end of the claim crosses it out. A record that is found later was left by a process that died, and counts as
    /// one crash.
    ///
    /// - Throws: ``StorageError``; the claim is still held then.
    func putOnRecord() async throws(StorageError)

    /// What ``commit(_:)`` and ``complete()`` come down to: marks the event as handled, and writes what `body` writes with
    /// the mark or not at all.
    ///
    /// - Parameter body: called on a thread of the store, which does nothing else meanwhile. Called again where what it
    ///   wrote was rolled back through no fault of its own: the last call counts.
    /// - Throws: what `body` throws, and ``StorageError``. Then nothing was written and the claim is still held, but for
    ///   the code `unknown`: then it may be written. `alreadyHandled` when the event was marked before, by this claim too;
    ///   `closed` when the claim was given back.
    func complete(writing body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws

    /// Gives the event back: it was not handled.
    ///
    /// The crashes before stay known. Also does its work in a cancelled task. After another end it does nothing.
    func release() async

    /// Gives the event back and forgets its crashes: it is a dead letter, and starts afresh if somebody wants it again.
    ///
    /// - Throws: ``StorageError``; the claim is still held then.
    func forget() async throws(StorageError)
}

extension InboxClaim {
    /// Marks the event as handled, and writes the handler's own rows with the mark or not at all.
    ///
    /// - Parameter body: writes them with the kind of transaction that it names; called on a thread of the store, which
    ///   does nothing else meanwhile, and called again where what it wrote was rolled back through no fault of its own.
    /// - Returns: what `body` returns.
    /// - Throws: as ``complete(writing:)``, and ``StorageError`` with code `wrongTransaction` when the store has another
    ///   kind.
    @discardableResult
    public func commit<Transaction: StoreTransaction, Value: Sendable>(
        _ body: @escaping @Sendable (Transaction) throws -> Value
    ) async throws -> Value {
        let value = Locked<Value?>(nil)
        try await complete { transaction in
            guard let own = transaction as? Transaction else {
                let kinds = "a \(type(of: transaction)), but the handler of \(key) wants a \(Transaction.self)"
                throw StorageError(.wrongTransaction, "the inbox has \(kinds): use that store, or change the handler")
            }
            let result = try body(own)
            value.withLock { $0 = result }
        }
        guard let value = value.withLock({ $0 }) else {
            throw StorageError(.failed, "the inbox has marked \(key) without asking for the handler's rows")
        }
        return value
    }

    /// Marks the event as handled, by a handler that has no rows to write.
    ///
    /// - Throws: ``StorageError``, as ``complete(writing:)``.
    public func complete() async throws(StorageError) {
        do {
            try await complete { _ in }
        } catch {
            throw error as? StorageError ?? StorageError(.failed, "\(key): \(error)")
        }
    }
}
