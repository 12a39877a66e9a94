import Warren

/// The tables of one part of a database, step by step as they came to be.
///
/// Not in `user_version`: the file may be the service's own, which counts there itself, and its parts change apart.
struct Schema: Sendable {
    /// What the tables are for.
    let part: String
    /// SQL that leads from each version to the next, from nothing on; what was released is never changed.
    let steps: [String]

    /// - Throws: `StorageError` when a file has none of these tables; nothing in it is changed.
    func require(in path: String, _ configuration: SQLiteConfiguration) throws(StorageError) {
        let connection = try SQLiteConnection(reading: path, configuration: configuration)
        defer { connection.close() }
        let tables = try connection.rows("SELECT 1 FROM sqlite_master WHERE name = 'warren_schema'") { _ in true }
        if !tables.isEmpty {
            let parts = try connection.rows("SELECT 1 FROM warren_schema WHERE part = ?", part) { _ in true }
            if !parts.isEmpty { return }
        }
        throw StorageError(.cannotOpen, "'\(path)': there is no \(part) in it")
    }

    /// Creates the tables, or brings them from an earlier version to this one, in the transaction that is under way.
    ///
    /// - Throws: `StorageError`, with code `newerVersion` when they are ahead; then nothing was changed.
    func apply(to connection: SQLiteConnection) throws(StorageError) {
        try connection.run(
            "CREATE TABLE IF NOT EXISTS warren_schema (part TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT"
        )
        let found = try connection.rows("SELECT version FROM warren_schema WHERE part = ?", part) { row in
            row.integer(at: 0)
        }
        let version = Int(clamping: found.first ?? 0)
        guard version <= steps.count else {
            throw StorageError(
                .newerVersion,
                "'\(connection.path)': a newer Warren has written its \(part) (version \(version), this one knows "
                    + "\(steps.count)): update this program, or give it another file"
            )
        }
        guard version < steps.count else { return }
        for step in steps[max(0, version)...] { try connection.runScript(step) }
        try connection.run(
            "INSERT INTO warren_schema VALUES (?, ?) ON CONFLICT (part) DO UPDATE SET version = excluded.version",
            part,
            steps.count
        )
    }
}
