import WarrenTesting

/// Lends a vhost of a broker that the test may break: kill, suspend, fill.
///
/// It is another than the shared one, and the same for one test after the other.
func withBreakableBroker(_ body: (LocalBroker, _ url: String) async throws -> Void) async throws {
    let broker = try await breakable.value
    do {
        try await broker.withVhost { url in try await body(broker, url) }
    } catch {
        // Whatever the test has left, the next one finds a broker that runs.
        try await broker.nodes[0].restart()
        throw error
    }
}

/// Started by the first test that needs it; gone when the process ends.
private let breakable = Task { try await LocalBroker.start() }
