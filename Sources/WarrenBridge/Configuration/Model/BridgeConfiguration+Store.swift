extension BridgeConfiguration {
    /// `store`.
    package enum Store: Sendable, Hashable {
        /// The path of a database file.
        case sqlite(path: String)
        case postgres(url: SecretURL)
    }
}
