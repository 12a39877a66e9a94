import AMQP
import Warren

extension CommandFailure {
    /// An error of the client: the broker out of reach is one thing, its answer to what was asked another.
    init(_ error: AMQPError) {
        let status: ExitStatus =
            switch error.code {
            case .unreachable, .tlsFailed, .loginRefused, .vhostNotFound, .protocolViolation, .connectionLost,
                .timedOut:
                .unavailable
            default: .failed
            }
        self.init(status, error.message)
    }

    /// An error of what stands on the client.
    init(_ error: EventBusError) {
        self.init(error.code == .unavailable ? .unavailable : .failed, error.message)
    }

    /// Whatever a scope of the client throws: its own errors, or the failures of the body.
    init(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let error as AMQPError: self.init(error)
        case let error as EventBusError: self.init(error)
        default: self.init(.failed, "\(error)")
        }
    }
}
