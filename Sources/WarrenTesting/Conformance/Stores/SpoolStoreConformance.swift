/// What every spool promises, as a list of checks.
public enum SpoolStoreConformance {
    /// All checks; each wants a fixture of its own.
    public static let checks: [StoreCheck<SpoolStoreFixture>] = [line, bounds, parking, lifetime].flatMap { $0 }
}
