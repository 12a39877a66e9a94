import Warren
import WarrenRuntime

/// A claim on an event of a ``SQLiteInboxStore``.
final class SQLiteInboxClaim: InboxClaim {
    let key: InboxKey
    let crashes: Int
    /// Whether it is on record that the event is being handled.
    private let isSuspect: Bool
    private let store: SQLiteInboxStore
    private let isHeld = Locked(true)

    init(_ store: SQLiteInboxStore, _ key: InboxKey, crashesOfSuspect crashes: Int?) {
        self.store = store
        self.key = key
        self.crashes = crashes ?? 0
        isSuspect = crashes != nil
    }

    deinit {
        end()
    }

    func complete(writing body: @escaping @Sendable (any StoreTransaction) throws -> Void) async throws {
        try await store.complete(key, isSuspect: isSuspect, body)
        end()
    }

    func release() async {
        guard isHeld.withLock({ $0 }) else { return }
        // If it stays on record, it is under the name of this inbox, which has not died.
        if isSuspect { try? await store.endSuspect(key, keepsCrashes: true) }
        end()
    }

    func forget() async throws(StorageError) {
        guard isHeld.withLock({ $0 }) else { return }
        if isSuspect { try await store.endSuspect(key, keepsCrashes: false) }
        end()
    }

    private func end() {
        if isHeld.withLock({ exchange(&$0, with: false) }) { store.giveBack(key) }
    }
}
