import Warren
import WarrenRuntime

/// A claim on an event of a ``SQLiteInboxStore``.
final class SQLiteInboxClaim: InboxClaim {
    let key: InboxKey
    let crashes: Int
    /// Whether there is something on record of it.
    private let hasRecord: Locked<Bool>
    private let store: SQLiteInboxStore
    private let life: ClaimLife

    init(_ store: SQLiteInboxStore, _ key: InboxKey, crashesOfSuspect crashes: Int?) {
        self.store = store
        self.key = key
        self.crashes = crashes ?? 0
        hasRecord = Locked(crashes != nil)
        life = ClaimLife(key) { store.giveBack(key) }
    }

    var isCompleted: Bool { life.isCompleted }

    private var isSuspect: Bool { hasRecord.withLock { $0 } }

    func putOnRecord() async throws(StorageError) {
        try life.check()
        // It may be there though it fails.
        hasRecord.withLock { $0 = true }
        try await store.putOnRecord(key)
    }

    func complete(writing body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws {
        try life.check()
        try await store.complete(key, isSuspect: isSuspect, body)
        life.end(completed: true)
    }

    func release() async {
        guard life.isHeld else { return }
        if isSuspect { await store.endSuspect(key) }
        life.end()
    }

    func forget() async throws(StorageError) {
        guard life.isHeld else { return }
        if isSuspect { try await store.forgetSuspect(key) }
        life.end()
    }
}
