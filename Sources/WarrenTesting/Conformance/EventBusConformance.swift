/// What every bus promises, as a list of checks: run them all over a bus to know that programs may rely on it.
///
/// ```swift
/// for check in EventBusConformance.checks {
///     try await check.run(EventBusFixture(bus: try MyBus(limits: check.limits), deadLetters: { … }))
/// }
/// ```
public enum EventBusConformance {
    /// All checks; each wants a fixture of its own.
    public static let checks: [EventBusCheck] = [
        observing, envelopes, publishing, subscribing, sharing, retrying, deciding, undecodable, timeouts, concurrency,
        batches, cancelling, running, reporting, bursts,
    ]
    .flatMap { $0 }
}
