import AMQP
import Foundation
import Testing
import Warren
import WarrenRabbitMQ
import WarrenTesting

struct OrderPaid: Event, Equatable {
    static let type = "Order.Paid"
    var orderID: Int
}

/// Lends a vhost of its own on the shared broker.
func withVhost(_ body: (_ url: String) async throws -> Void) async throws {
    try await LocalBroker.shared().withVhost { url in try await body(url) }
}

/// A bus that looks for its broker often.
func makeBus(
    _ url: String,
    service: String = "test",
    inbox: (any InboxStore)? = nil,
    spool: (any SpoolStore)? = nil,
    _ configure: (inout RabbitMQEventBusConfiguration) -> Void = { _ in }
) throws -> RabbitMQEventBus {
    var configuration = RabbitMQEventBusConfiguration()
    configuration.client.reconnect.maximum = .milliseconds(500)
    configure(&configuration)
    return try RabbitMQEventBus(
        url: url,
        service: service,
        configuration: configuration,
        inbox: inbox,
        spool: spool
    )
}

/// Runs a bus for as long as `body` takes; then it has to end well.
func running<Bus: EventBus>(_ bus: Bus, _ body: (Bus) async throws -> Void) async throws {
    let run = Task { try await bus.run() }
    do {
        try await body(bus)
    } catch {
        run.cancel()
        _ = await run.result
        throw error
    }
    run.cancel()
    try await run.value
}

/// The same with a bus over a broker.
func withBus(
    _ url: String,
    service: String = "test",
    inbox: (any InboxStore)? = nil,
    spool: (any SpoolStore)? = nil,
    _ configure: (inout RabbitMQEventBusConfiguration) -> Void = { _ in },
    _ body: (RabbitMQEventBus) async throws -> Void
) async throws {
    try await running(makeBus(url, service: service, inbox: inbox, spool: spool, configure), body)
}

/// Lends a running bus on a vhost of its own.
func withBus(
    _ configure: (inout RabbitMQEventBusConfiguration) -> Void = { _ in },
    _ body: (RabbitMQEventBus, _ url: String) async throws -> Void
) async throws {
    try await withVhost { url in
        try await withBus(url, configure) { bus in try await body(bus, url) }
    }
}

/// The error that `body` throws; anything else it does is a failure of the test.
func failure<Value>(_ body: () async throws -> Value) async -> EventBusError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? EventBusError
    }
}

/// Keeps what a bus tells, from its creation on.
final class EventLog: Sendable {
    private let events = Shared<[EventBusEvent]>([])

    init(_ bus: any EventBus) {
        let stream = bus.events
        // Ends with the bus.
        Task { [events] in
            for await event in stream { events.change { $0.append(event) } }
        }
    }

    func all(_ kind: EventBusEvent.Kind) -> [EventBusEvent] { events.value.filter { $0.kind == kind } }

    /// Waits for an event.
    @discardableResult
    func first(
        _ kind: EventBusEvent.Kind,
        within limit: Duration = .seconds(20),
        where fits: (EventBusEvent) -> Bool = { _ in true }
    ) async throws -> EventBusEvent {
        var found: EventBusEvent?
        try await eventually("an event \(kind)", within: limit) {
            found = all(kind).first(where: fits)
            return found != nil
        }
        return try #require(found)
    }
}
