public import Warren
internal import WarrenRuntime

/// Keeps the events that a bus shows to observers, for a test to ask what was published.
///
/// ```swift
/// let bus = try MemoryEventBus(service: "billing")
/// let published = try EventRecorder(bus)
/// …
/// let invoices = try await published.wait(for: InvoiceSent.self)
/// ```
/// A bus whose handlers are buffered shows nothing before it runs.
public final class EventRecorder: Sendable {
    private let occurrences: Shared

    /// What the observer and the recorder share: the bus must not keep the recorder alive.
    private final class Shared: Sendable {
        let list = Locked<[Occurrence]>([])
    }

    private let subscription: EventSubscription

    /// Records from now on, until the recorder goes away.
    ///
    /// - Parameters:
    ///   - bus: the bus.
    ///   - pattern: which event types: an AMQP topic pattern.
    /// - Throws: `EventBusError` with code `invalidSubscription`.
    public init(_ bus: any EventBus, _ pattern: String = "#") throws(EventBusError) {
        let occurrences = Shared()
        self.occurrences = occurrences
        subscription = try bus.observe(pattern) { _, context in
            occurrences.list.withLock { $0.append(context.occurrence) }
        }
    }

    deinit {
        subscription.cancel()
    }

    /// Waits until no event is missed from now on: with a broker, until the observer's queue is there.
    ///
    /// - Throws: `EventBusError`, saying why it will not be.
    public func ready() async throws(EventBusError) {
        try await subscription.ready()
    }

    /// All events so far, as they travel, in the order in which they came.
    public var envelopes: [EventEnvelope] {
        occurrences.list.withLock { $0 }.compactMap { try? $0.envelope() }
    }

    /// The events of a type so far.
    ///
    /// - Parameter type: the type.
    /// - Returns: the events, in the order in which they came.
    /// - Throws: `EventError` with code `undecodable` when one of that name is no such event.
    public func events<E: Event>(_ type: E.Type) throws(EventError) -> [E] {
        var events: [E] = []
        for occurrence in occurrences.list.withLock({ $0 })
        where occurrence.eventType == EventType.splittingVersion(E.type).name {
            events.append(try occurrence.decode(as: type))
        }
        return events
    }

    /// Waits for events of a type.
    ///
    /// - Parameters:
    ///   - type: the type.
    ///   - count: how many there have to be.
    ///   - limit: how long to wait.
    /// - Returns: all events of the type so far.
    /// - Throws: ``WarrenTestingError`` when there are fewer after `limit`; `EventError` as ``events(_:)``.
    public func wait<E: Event>(
        for type: E.Type,
        count: Int = 1,
        within limit: Duration = .seconds(10)
    ) async throws -> [E] {
        try await eventually("\(count) of '\(E.type)'", within: limit) { try events(type).count >= count }
        return try events(type)
    }
}
