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

extension LocalBroker {
    /// Sees to it that the broker knows its quorum queues after a crash.
    ///
    /// For half a second after a declaration the queue's place on the disk is in the broker's memory alone: killed then,
    /// it starts with an empty queue that never answers (seen with 3.10, and reported of later ones).
    func settle() async throws {
        try await nodes[0].evaluate("[ok = dets:sync(Table) || Table <- dets:all()].")
    }
}

/// Started by the first test that needs it; gone when the process ends.
private let breakable = Task { try await LocalBroker.start() }
