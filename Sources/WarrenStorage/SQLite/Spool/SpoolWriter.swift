import Warren
import WarrenRuntime

/// Writes what tasks append at a time as one row, as far as the bounds allow.
struct SpoolWriter: RecordWriter {
    let ledger: SpoolLedger
    let bounds: SpoolBounds
    let now: @Sendable () -> WallTime

    func write(_ parts: [Records], on connection: SQLiteConnection) throws(StorageError) -> [(any Error)?] {
        let now = now()
        var contents = ledger.contents
        var refusals: [(any Error)?] = []
        var accepted: [Records] = []
        for part in parts {
            do throws(StorageError) {
                try contents.check(bounds, adding: part.size, at: now, connection.path)
                contents.waiting += SpoolAmount(count: part.count, bytes: part.size)
                accepted.append(part)
                refusals.append(nil)
            } catch {
                refusals.append(error)
            }
        }
        if !accepted.isEmpty { try SpoolTables(connection, ledger).append(Records(accepted), now: now) }
        return refusals
    }

    func committed() {
        ledger.committed()
    }

    func rolledBack() {
        ledger.rolledBack()
    }
}
