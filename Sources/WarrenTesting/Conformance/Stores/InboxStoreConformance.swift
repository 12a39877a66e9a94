internal import Warren

/// What every inbox promises, as lists of checks: run over an inbox all that fit what it is.
public enum InboxStoreConformance {
    /// What every inbox promises; each check wants a fixture of its own.
    public static let checks: [StoreCheck<InboxStoreFixture>] = [claiming, waiting, committing, pruning].flatMap { $0 }

    /// What an inbox promises beside it that handlers can write rows with.
    public static let rowChecks: [StoreCheck<InboxStoreFixture>] = rows

    /// What an inbox promises beside it that several processes may have open.
    public static let sharingChecks: [StoreCheck<InboxStoreFixture>] = sharing

    /// What an inbox promises beside it that outlives a process.
    public static let crashChecks: [StoreCheck<InboxStoreFixture>] = crashes
}
