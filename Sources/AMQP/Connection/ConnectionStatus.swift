import WarrenRuntime

/// What a connection's owner sees of it.
///
/// An object of its own, for those who watch: a weak reference to the connection would make each of its retains dear, and
/// there are several for each message.
final class ConnectionStatus: Sendable {
    enum State: Sendable, Equatable {
        case unused
        case connecting(attempt: Int, AMQPError?)
        case open
        case blocked(String)
        case ended(AMQPError)

        fileprivate var isConnecting: Bool {
            if case .connecting = self { true } else { false }
        }
    }

    private let state: Locked<(State, since: MonotonicTime)>
    private let clock: any RuntimeClock
    private let changed: @Sendable () -> Void

    /// `changed` is called after each change.
    init(clock: any RuntimeClock, changed: @escaping @Sendable () -> Void) {
        self.clock = clock
        self.changed = changed
        state = Locked((.unused, since: clock.now))
    }

    var current: State { currentAndTime.0 }

    /// The state, and since when it has been that one.
    var currentAndTime: (State, since: MonotonicTime) { state.withLock { $0 } }

    /// Nothing comes after the end.
    func set(_ new: State) {
        let isNew = state.withLock { state in
            guard state.0 != new else { return false }
            if case .ended = state.0 { return false }
            // Another attempt is no other state.
            let isSame = state.0.isConnecting && new.isConnecting
            state = (new, since: isSame ? state.since : clock.now)
            return true
        }
        if isNew { changed() }
    }

    /// After a batch from the broker: it may have blocked or unblocked us.
    func set(blockedReason reason: String?) {
        set(reason.map(State.blocked) ?? .open)
    }
}
