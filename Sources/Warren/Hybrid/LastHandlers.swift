internal import WarrenRuntime

/// Where the halves of a bus wait for each other at the end: a handler of one may still publish to the other.
final class LastHandlers: Sendable {
    enum Half: Sendable, Hashable, CaseIterable {
        case local, remote
    }

    private let missing = Locked(Set(Half.allCases))
    private let first = StopSignal()
    private let last = StopSignal()

    /// The handlers of a half have ended.
    func ended(in half: Half) {
        let isLast = missing.withLock { missing in
            missing.remove(half)
            return missing.isEmpty
        }
        first.stop()
        if isLast { last.stop() }
    }

    /// Waits until those of one half have ended, or the task is cancelled.
    func waitForFirst() async {
        await first.wait()
    }

    /// Waits until those of both have ended.
    func waitForAll() async {
        // Also in a cancelled task; each half gives its handlers no more than a grace.
        await Task { [last] in await last.wait() }.value
    }
}
