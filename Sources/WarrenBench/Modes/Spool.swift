import Glibc
import Warren
import WarrenStorage

/// The spool on this machine's disk: no broker, no connection.
extension Run {
    /// `inFlight` tasks append to one spool, each awaiting its own entries.
    func appendToSpool(_ durability: SQLiteConfiguration.Durability) async throws -> Result {
        let path = "\(folder)/bench-spool-\(getpid()).db"
        defer { for suffix in ["", "-wal", "-shm"] { unsafe unlink(path + suffix) } }
        let spool = try await SQLiteSpoolStore(path: path, configuration: SQLiteConfiguration(durability: durability))
        let measurement = Measurement()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<inFlight {
                let share = count / inFlight + (task < count % inFlight ? 1 : 0)
                group.addTask {
                    let entry = entry()
                    for _ in 0..<share { try await spool.append(entry) }
                }
            }
            try await group.waitForAll()
        }
        let result = measurement.result(self)
        guard spool.status.count == count else { throw BenchError("\(spool.status.count) entries, not \(count)") }
        await spool.close()
        return result
    }

    /// Each task has its own, as in a service: what they share is slow to count.
    private func entry() -> SpoolEntry {
        SpoolEntry(
            eventID: UUIDv7.make().description,
            eventType: "Bench.Measured",
            route: Array("bench.ex Bench.Measured".utf8),
            body: Array(repeating: UInt8(ascii: "x"), count: size)
        )
    }
}
