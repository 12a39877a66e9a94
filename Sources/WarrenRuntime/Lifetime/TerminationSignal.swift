/// A signal that asks the process to end.
package enum TerminationSignal: Int32, Sendable, Hashable, CaseIterable {
    /// Sent by service managers.
    case terminate = 15  // SIGTERM

    /// Sent by Ctrl-C.
    case interrupt = 2  // SIGINT
}

extension TerminationSignal: CustomStringConvertible {
    package var description: String {
        switch self {
        case .terminate: "SIGTERM"
        case .interrupt: "SIGINT"
        }
    }
}
