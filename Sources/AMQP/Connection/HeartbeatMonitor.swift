import WarrenRuntime

/// Decides when a heartbeat is due and when a silent peer is dead.
///
/// RabbitMQ sends one when it has sent nothing for half the timeout, so the longest silence of a healthy peer is the
/// timeout itself; half as long again is given as grace.
struct HeartbeatMonitor {
    enum Verdict: Equatable {
        case fine
        case send
        case dead
    }

    /// `nil`: heartbeats are off.
    private let timeout: Duration?
    private(set) var lastSent: MonotonicTime
    private(set) var lastReceived: MonotonicTime

    init(timeoutSeconds: UInt16, now: MonotonicTime) {
        self.timeout = timeoutSeconds == 0 ? nil : .seconds(Int(timeoutSeconds))
        self.lastSent = now
        self.lastReceived = now
    }

    mutating func sent(at now: MonotonicTime) { lastSent = now }

    /// Any byte counts as a sign of life.
    mutating func received(at now: MonotonicTime) { lastReceived = now }

    private func nextSend(_ timeout: Duration) -> MonotonicTime { lastSent.advanced(by: timeout / 2) }
    private func death(_ timeout: Duration) -> MonotonicTime { lastReceived.advanced(by: timeout * 3 / 2) }

    /// When to ask again.
    var nextCheck: MonotonicTime {
        guard let timeout else { return .distantFuture }
        return min(nextSend(timeout), death(timeout))
    }

    func check(at now: MonotonicTime) -> Verdict {
        guard let timeout else { return .fine }
        if now >= death(timeout) { return .dead }
        return now >= nextSend(timeout) ? .send : .fine
    }
}
