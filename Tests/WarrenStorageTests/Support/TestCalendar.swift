import WarrenRuntime

/// A calendar that a test can move on.
final class TestCalendar: Sendable {
    private let offset = Locked(Duration.zero)

    func advance(by duration: Duration) {
        offset.withLock { $0 += duration }
    }

    var now: WallTime { WallTime.now.advanced(by: offset.withLock { $0 }) }
}
