import Warren
import WarrenStorage

/// What a bridge keeps on disk: without a store that it names, nothing.
struct BridgeStores: Sendable {
    /// Where events wait while there is no way to the broker.
    let spool: (any SpoolStore)?

    /// - Throws: ``BridgeFailure``, saying which file cannot be used and why.
    init(_ configuration: BridgeConfiguration) async throws(BridgeFailure) {
        // What stays in the process needs no way to a broker.
        guard configuration.eventBus.kind != .memory, let store = configuration.store else {
            spool = nil
            return
        }
        guard case .sqlite = store, let path = configuration.spoolPath else {
            throw BridgeFailure(.configuration, "store: PostgreSQL is not available yet, give 'sqlite' instead")
        }
        do throws(StorageError) {
            spool = try await SQLiteSpoolStore(path: path)
        } catch {
            let isConfiguration = error.code == .cannotOpen || error.code == .invalidConfiguration
            throw BridgeFailure(isConfiguration ? .configuration : .failed, "store: \(error.message)")
        }
    }

    func close() async {
        await spool?.close()
    }
}
