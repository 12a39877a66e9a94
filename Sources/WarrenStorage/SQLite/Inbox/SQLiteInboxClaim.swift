import Warren
import WarrenRuntime

/// A claim on an event of a ``SQLiteInboxStore``.
final class SQLiteInboxClaim: InboxClaim {
    /// Whether there is something on record of an event.
    private final class Record: Sendable {
        private let exists: Locked<Bool>

        init(_ exists: Bool) { self.exists = Locked(exists) }

        var isThere: Bool {
            get { exists.withLock { $0 } }
            set { exists.withLock { $0 = newValue } }
        }
    }

    let key: InboxKey
    let crashes: Int
    private let record: Record
    private let store: SQLiteInboxStore
    private let life: ClaimLife

    init(_ store: SQLiteInboxStore, _ key: InboxKey, crashesOfSuspect crashes: Int?) {
        self.store = store
        self.key = key
        self.crashes = crashes ?? 0
        let record = Record(crashes != nil)
        self.record = record
        life = ClaimLife(key) { store.giveBack(key, isOnRecord: record.isThere) }
    }

    var isCompleted: Bool { life.isCompleted }

    func putOnRecord() async throws(StorageError) {
        try life.check()
        // It may be there though it fails.
        record.isThere = true
        try await store.putOnRecord(key)
    }

    func complete(writing body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws {
        try life.check()
        try await store.complete(key, isSuspect: record.isThere, body)
        end(completed: true)
    }

    func release() async {
        guard life.isHeld else { return }
        do throws(StorageError) {
            if record.isThere { try await store.endSuspect(key) }
            end()
        } catch {
            // It stays on record, and locked, until that can be written.
            life.end()
        }
    }

    func forget() async throws(StorageError) {
        guard life.isHeld else { return }
        if record.isThere { try await store.forgetSuspect(key) }
        end()
    }

    /// Nothing says any more that it is being handled.
    private func end(completed isCompleted: Bool = false) {
        record.isThere = false
        life.end(completed: isCompleted)
    }
}
