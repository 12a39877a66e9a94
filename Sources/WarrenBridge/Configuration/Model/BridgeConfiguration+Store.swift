extension BridgeConfiguration {
    /// `store`.
    package enum Store: Sendable, Hashable {
        /// The path of a database file.
        case sqlite(path: String)
        case postgres(url: SecretURL)

        /// The spool that goes with a database file.
        package static func spoolPath(beside path: String) -> String {
            let stem = path.hasSuffix(".db") ? String(path.dropLast(3)) : path
            return "\(stem).spool.db"
        }
    }

    /// The file of the spool, which is always SQLite, and its own: it has one owner.
    package var spoolPath: String? {
        guard case .sqlite(let path) = store else { return nil }
        return Store.spoolPath(beside: path)
    }
}
