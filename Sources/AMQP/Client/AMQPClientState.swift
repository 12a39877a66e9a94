/// The state of a client's way to the broker.
public enum AMQPClientState: Sendable, Hashable {
    /// There is no connection; one is being made. `attempt` counts from 1; `cause` says why the last attempt failed or
    /// the last connection was lost.
    case connecting(attempt: Int, cause: AMQPError?)
    /// Everything works.
    case open
    /// The broker is short of memory or disk and takes no publishes; consuming goes on.
    case blocked(reason: String)
    /// The client has ended, for good; `nil`: because it was asked to.
    case closed(cause: AMQPError?)
}

extension AMQPClientState {
    /// The state of a client from those of its connections: the worst counts.
    init(publishing: ConnectionStatus.State, consuming: ConnectionStatus.State) {
        switch (publishing, consuming) {
        case (.ended(let error), _), (_, .ended(let error)):
            self = .closed(cause: error.code == .closed ? nil : error)
        case (.connecting(let attempt, let cause), _), (_, .connecting(let attempt, let cause)):
            self = .connecting(attempt: attempt, cause: cause)
        case (.blocked(let reason), _), (_, .blocked(let reason)):
            self = .blocked(reason: reason)
        case (.open, _), (_, .open):
            self = .open
        case (.unused, .unused):
            self = .connecting(attempt: 1, cause: nil)
        }
    }
}
