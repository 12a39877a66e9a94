/// What a handler writes its own rows with, in the transaction that marks its event as handled.
///
/// Each kind of store has a type of its own, with the statements that it understands; a handler names the one it wants:
///
/// ```swift
/// try await claim.commit { (transaction: SQLiteTransaction) in
///     try transaction.execute("INSERT INTO payments (order_id, cents) VALUES (?, ?)", order.id, order.cents)
/// }
/// ```
/// It is there for the time of the closure alone, which is synchronous: a transaction is never held while a task waits. What
/// several tasks write may share a transaction of the store; where that is lost to one of them, the closures of the others
/// are called again. So a closure writes its rows, and does nothing else that would be wrong twice.
public protocol StoreTransaction: SendableMetatype {}
