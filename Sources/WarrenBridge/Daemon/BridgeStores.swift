import Warren
import WarrenStorage

/// What a bridge keeps on disk: without a store that it names, nothing.
struct BridgeStores: Sendable {
    /// Where events wait while there is no way to the broker.
    let spool: (any SpoolStore)?
    /// Remembers which events the sinks have taken.
    let inbox: (any InboxStore)?
    private let database: SQLiteDatabase?

    /// - Throws: ``BridgeFailure``, saying which file cannot be used and why.
    init(_ configuration: BridgeConfiguration) async throws(BridgeFailure) {
        // What stays in the process needs no way to a broker, and nobody sends it twice.
        guard configuration.eventBus.kind != .memory, let store = configuration.store else {
            (spool, inbox, database) = (nil, nil, nil)
            return
        }
        guard case .sqlite(let path) = store, let spoolPath = configuration.spoolPath else {
            throw BridgeFailure(.configuration, "store: PostgreSQL is not available yet, give 'sqlite' instead")
        }
        do throws(StorageError) {
            // What was opened is closed with the last who has it.
            // The spool last: where its path comes from one that is wrong, nothing of it is left behind.
            let database = try await SQLiteDatabase(path: path)
            let inbox = try await SQLiteInboxStore(in: database, retention: configuration.retention)
            let spool = try await SQLiteSpoolStore(path: spoolPath, bounds: configuration.spoolBounds)
            (self.spool, self.inbox, self.database) = (spool, inbox, database)
        } catch {
            let isConfiguration = error.code == .cannotOpen || error.code == .invalidConfiguration
            throw BridgeFailure(isConfiguration ? .configuration : .failed, "store: \(error.message)")
        }
    }

    /// Waits until the files are closed, also after the signal that has cancelled its task.
    func close() async {
        // Not a child of this task: cancelled, it would not wait, and the process might end before.
        await Task {
            await spool?.close()
            await inbox?.close()
            await database?.close()
        }.value
    }
}
