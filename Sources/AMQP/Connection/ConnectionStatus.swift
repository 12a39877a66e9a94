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
    }

    private let state = Locked(State.unused)
    private let changed: @Sendable () -> Void

    /// `changed` is called after each change.
    init(changed: @escaping @Sendable () -> Void) {
        self.changed = changed
    }

    var current: State { state.withLock { $0 } }

    /// Nothing comes after the end.
    func set(_ new: State) {
        let isNew = state.withLock { state in
            guard state != new else { return false }
            if case .ended = state { return false }
            state = new
            return true
        }
        if isNew { changed() }
    }

    /// After a batch from the broker: it may have blocked or unblocked us.
    func set(blockedReason reason: String?) {
        set(reason.map(State.blocked) ?? .open)
    }
}
