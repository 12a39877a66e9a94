internal import WarrenRuntime

/// The events that a subscription of this process had in hand and gave back alive: when they come again, they have ended
/// nobody here.
///
/// It knows the last few thousand; whom it has forgotten is suspected for nothing, which costs time and no more.
final class Survivors: Sendable {
    private struct State {
        var keys: Set<InboxKey> = []
        var former: Set<InboxKey> = []
    }

    private static let capacity = 4096

    private let state = Locked(State())

    func add(_ key: InboxKey) {
        state.withLock { state in
            if state.keys.count >= Self.capacity {
                (state.former, state.keys) = (state.keys, [])
            }
            state.keys.insert(key)
        }
    }

    /// - Returns: whether it was one; it is none any more.
    func remove(_ key: InboxKey) -> Bool {
        state.withLock { state in
            let isRecent = state.keys.remove(key) != nil
            let isFormer = state.former.remove(key) != nil
            return isRecent || isFormer
        }
    }
}
