import Warren

/// How a SQLite database is written and shared.
public struct SQLiteConfiguration: Sendable, Hashable {
    /// What survives when the machine loses power.
    ///
    /// Default: all that was written.
    public var durability: Durability

    /// How long to wait for another process that has the database locked.
    ///
    /// Nothing else is written meanwhile. Default: 5 s.
    public var busyTimeout: Duration

    /// Whether a row may refer (`REFERENCES`) only to one that is there.
    ///
    /// A write that ends with a row that refers to none fails with `StorageError.Code.constraint`, also where the check is
    /// `DEFERRED`. Rows that are there already are not looked at. Switch it off to rebuild tables that others refer to.
    /// Default: `true`.
    public var enforcesForeignKeys: Bool

    /// Creates a configuration.
    public init(
        durability: Durability = .full,
        busyTimeout: Duration = .seconds(5),
        enforcesForeignKeys: Bool = true
    ) {
        self.durability = durability
        self.busyTimeout = busyTimeout
        self.enforcesForeignKeys = enforcesForeignKeys
    }

    /// - Throws: `StorageError` with code `invalidConfiguration`.
    func check() throws(StorageError) {
        guard busyTimeout >= .zero else {
            throw StorageError(.invalidConfiguration, "a busy timeout of \(busyTimeout)")
        }
    }

    /// What survives when the machine loses power; the end of a process never costs anything.
    public struct Durability: Sendable, Hashable, CustomStringConvertible {
        enum Kind: String {
            case full = "FULL"
            case normal = "NORMAL"
        }

        let kind: Kind

        /// What was written is on the disk (`synchronous=FULL`).
        public static let full = Durability(kind: .full)

        /// What was written goes to the disk some time later, in order (`synchronous=NORMAL`): faster, but the last of it
        /// may be gone after a loss of power.
        public static let normal = Durability(kind: .normal)

        /// What SQLite calls it.
        public var description: String { kind.rawValue }
    }
}
