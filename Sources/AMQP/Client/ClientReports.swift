import WarrenRuntime
import WarrenTelemetry

/// What a client tells about itself: its state, and the events of its background work.
final class ClientReports: Sendable {
    private let stateListeners = Broadcast<AMQPClientState>(buffer: 1)
    private let eventListeners = Broadcast<AMQPEvent>(buffer: 256)
    private let logger: Logger
    private let metrics: Metrics
    private let current = Locked<(@Sendable () -> AMQPClientState)?>(nil)

    init(logger: Logger, metrics: Metrics) {
        self.logger = logger.labelled("amqp")
        self.metrics = metrics
    }

    /// How the state is found.
    func watch(_ state: @escaping @Sendable () -> AMQPClientState) {
        current.withLock { $0 = state }
    }

    var state: AMQPClientState {
        current.withLock { $0 }?() ?? .connecting(attempt: 1, cause: nil)
    }

    /// The listener is there before the state is asked for, so no change is lost in between.
    var states: AsyncStream<AMQPClientState> { stateListeners.listen { self.state } }
    var events: AsyncStream<AMQPEvent> { eventListeners.listen() }

    /// Both connections' threads come here: whoever sent what is no longer true sends again.
    func stateChanged() {
        var sent: AMQPClientState
        repeat {
            sent = state
            stateListeners.send(sent)
        } while sent != state
    }

    func report(_ event: AMQPEvent) {
        let isTrouble = event.error != nil || event.delivery != nil
        logger.log(isTrouble ? .warning : .info, "\(event)", ["kind": "\(event.kind)", "subject": event.subject])
        metrics.counter("amqp_events", labels: ["kind": "\(event.kind)"]).increment()
        eventListeners.send(event)
    }

    func finish() {
        stateListeners.send(state)
        stateListeners.finish()
        eventListeners.finish()
    }
}
