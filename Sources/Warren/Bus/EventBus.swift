/// Where events are published and handled: the same promises over memory, over a broker, or over both.
///
/// ```swift
/// try bus.subscribe(OrderPaid.self, as: "billing-service.order-paid", retry: .immediate(2)) { order, context in
///     try await bill(order)
/// }
/// try await bus.publish(OrderPaid(orderID: 7, amount: 12.5))
/// ```
/// Handlers run while ``run()`` runs. This protocol is what a bus has to implement; what programs call, with types and
/// closures, stands in its extensions.
public protocol EventBus: Sendable {
    /// The service that publishes here: the `source` of its events.
    var service: String { get }

    /// Takes an event over; what becomes of it is awaited apart.
    ///
    /// Events sent one after the other by one task go out in that order.
    ///
    /// - Parameter occurrence: the event.
    /// - Returns: the publish under way.
    /// - Throws: ``EventBusError`` when the event was not taken: nothing was sent then.
    func send(_ occurrence: Occurrence) async throws(EventBusError) -> PendingReceipt

    /// Adds an observer: every process that observes sees the event, at most once.
    ///
    /// - Parameter observer: what it wants, and what it does with it.
    /// - Returns: a handle; the observer stays until it is cancelled.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`.
    func add(_ observer: Observer) throws(EventBusError) -> EventSubscription

    /// Adds a subscriber: of all that share its name one gets each event, at least once.
    ///
    /// - Parameter subscriber: what it wants, and what it does with it.
    /// - Returns: a handle; the subscriber stays until it is cancelled.
    /// - Throws: ``EventBusError`` with code `invalidSubscription`, also when another one of its name on this bus wants
    ///   other events.
    func add(_ subscriber: Subscriber) throws(EventBusError) -> EventSubscription

    /// Runs the handlers until the task is cancelled: then nothing new is begun, and what was begun may end.
    ///
    /// Call it once.
    ///
    /// - Throws: ``EventBusError`` saying why the bus cannot go on.
    func run() async throws(EventBusError)

    /// What happens in the background, from now on; a slow reader loses the oldest.
    var events: AsyncStream<EventBusEvent> { get }

    /// What was counted since the bus was made.
    var statistics: EventBusStatistics { get }
}

/// A bus to other processes, as the remote half of a ``HybridEventBus``.
public protocol RemoteEventBus: EventBus {
    /// Takes an event over that an instance has shown to its own observers already.
    ///
    /// - Parameters:
    ///   - occurrence: the event.
    ///   - instance: the instance; nobody hides the event where it is `nil`.
    /// - Returns: the publish under way.
    /// - Throws: as ``EventBus/send(_:)``.
    func send(
        _ occurrence: Occurrence,
        shownBy instance: String?
    ) async throws(EventBusError) -> PendingReceipt

    /// Adds an observer that does not see what `instance` has shown already.
    ///
    /// - Parameters:
    ///   - observer: what it wants, and what it does with it.
    ///   - instance: the instance.
    /// - Returns: a handle.
    /// - Throws: as ``EventBus/add(_:)-(Observer)``.
    func add(_ observer: Observer, hidingFrom instance: String) throws(EventBusError) -> EventSubscription
}
