import WarrenRuntime

/// Waits until a condition holds, asking again after a short pause.
///
/// The pause grows from 1 ms to 25 ms, so that what comes soon is seen soon.
///
/// - Parameters:
///   - what: the condition in words, for the error.
///   - limit: how long to wait. Default: 10 s.
///   - condition: asked at least once; what it throws ends the wait.
/// - Throws: ``WarrenTestingError`` with `.timedOut` at the deadline, `CancellationError` when the task is cancelled.
public func eventually(
    _ what: String = "the condition",
    within limit: Duration = .seconds(10),
    _ condition: () async throws -> Bool
) async throws {
    let clock = SystemClock()
    let deadline = clock.now.advanced(by: limit)
    var pause = Duration.milliseconds(1)
    while try await !condition() {
        guard clock.now < deadline else {
            throw WarrenTestingError(.timedOut, "after \(limit) still not true: \(what)")
        }
        try await Task.sleep(for: pause)
        pause = min(pause * 2, .milliseconds(25))
    }
}
