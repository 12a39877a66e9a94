import AMQP
import WarrenRuntime

/// A publish that the broker has, or may have.
final class PublishUnderWay: Sendable {
    let eventType: String
    let eventID: String
    private let confirm: AMQPPendingConfirm
    private let traffic: Traffic
    private let number: UInt64
    private let beganAlone: Bool
    private let wasAlone = Locked<Bool?>(nil)

    init(eventType: String, eventID: String, confirm: AMQPPendingConfirm, traffic: Traffic) {
        self.eventType = eventType
        self.eventID = eventID
        self.confirm = confirm
        self.traffic = traffic
        (number, beganAlone) = traffic.begin()
    }

    /// What became of it, as far as whoever waits may know.
    var outcome: AMQPPublishOutcome {
        get async { await confirm.outcome }
    }

    /// Notes that its outcome is there.
    ///
    /// - Returns: whether that is new, and whether no other publish was under way meanwhile: what the broker says when it
    ///   closes the channel was said to this one then.
    func answered() -> (isNew: Bool, wasAlone: Bool) {
        wasAlone.withLock { known in
            if let known { return (false, known) }
            let isAlone = traffic.end(number) && beganAlone
            known = isAlone
            return (true, isAlone)
        }
    }

    /// The publishes of a bus.
    final class Traffic: Sendable {
        private let state = Locked((begun: UInt64(0), open: 0))

        fileprivate func begin() -> (number: UInt64, isAlone: Bool) {
            state.withLock { state in
                state.begun += 1
                state.open += 1
                return (state.begun, state.open == 1)
            }
        }

        /// - Returns: whether none was begun after it.
        fileprivate func end(_ number: UInt64) -> Bool {
            state.withLock { state in
                state.open -= 1
                return state.begun == number
            }
        }
    }
}
