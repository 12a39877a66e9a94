import AMQP
import Testing
import WarrenRuntime
import WarrenTesting

/// Keeps what a client reports, from its creation on.
final class EventLog: Sendable {
    private let events = Locked<[AMQPEvent]>([])
    private let states = Locked<[AMQPClientState]>([])

    init(_ client: AMQPClient) {
        let (eventStream, stateStream) = (client.events, client.states)
        // Both streams end with the client.
        Task { [self] in
            for await event in eventStream { events.withLock { $0.append(event) } }
        }
        Task { [self] in
            for await state in stateStream { states.withLock { $0.append(state) } }
        }
    }

    func all(_ kind: AMQPEvent.Kind) -> [AMQPEvent] { events.withLock { $0.filter { $0.kind == kind } } }

    var seenStates: [AMQPClientState] { states.withLock { $0 } }

    /// Waits for an event.
    @discardableResult
    func first(
        _ kind: AMQPEvent.Kind,
        within limit: Duration = .seconds(20),
        where fits: (AMQPEvent) -> Bool = { _ in true }
    ) async throws -> AMQPEvent {
        var found: AMQPEvent?
        try await eventually("an event \(kind)", within: limit) {
            found = all(kind).first(where: fits)
            return found != nil
        }
        return try #require(found)
    }
}
