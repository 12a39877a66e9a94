import AMQP
import Warren

extension EventBusError {
    /// What an error of the client means to whoever publishes, or runs the bus.
    init(_ error: AMQPError) {
        let code: Code =
            switch error.code {
            case .invalidURL, .invalidConfiguration: .invalidConfiguration
            case .invalidArgument: .invalidEvent
            case .unreachable, .tlsFailed, .loginRefused, .vhostNotFound, .protocolViolation, .connectionLost,
                .notRunning, .timedOut:
                .unavailable
            case .closed: .closed
            case .cancelled: .cancelled
            case .returned: .unroutable
            case .unknown: .unknown
            default: .refused
            }
        self.init(code, error.message)
    }

    /// What an error of the client means to whoever wants to consume.
    init(subscribing error: AMQPError) {
        switch error.code {
        case .preconditionFailed, .accessRefused, .resourceLocked, .notSupported, .invalidArgument:
            self.init(.subscriptionRefused, error.message)
        // What is not there may come: the queue of a node that is down, an exchange that somebody deletes just now.
        case .notFound, .channelClosed, .consumerCancelled:
            self.init(.unavailable, error.message)
        default:
            self.init(error)
        }
    }
}
