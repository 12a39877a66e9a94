/// Where the events of one type go within this process, as long as nobody comes or leaves.
///
/// `@unchecked Sendable`: all is immutable; the only subclass is in this file.
@usableFromInline
class Route: @unchecked Sendable {
    @usableFromInline let kind: Occurrence.Kind
    /// Observers that run in the task that publishes.
    let observers: [Observer]
    /// What they do.
    let handlers: [InPlaceHandler]
    /// Observers that run by themselves.
    let observerQueues: [MemoryQueue]
    let subscriptions: [MemoryQueue]
    /// Whether calling the observers in place is not all there is to do.
    @usableFromInline let hasQueues: Bool
    /// Whether values may be handed over as they are.
    @usableFromInline let isDirect: Bool

    init(
        _ kind: Occurrence.Kind,
        observers: [Observer],
        observerQueues: [MemoryQueue],
        subscriptions: [MemoryQueue],
        isDirect: Bool
    ) {
        self.kind = kind
        self.observers = observers
        handlers = observers.map(\.inPlace)
        self.observerQueues = observerQueues
        self.subscriptions = subscriptions
        self.isDirect = isDirect
        hasQueues = !observerQueues.isEmpty || !subscriptions.isEmpty
    }
}

/// The same for a Swift type, whose values handlers in place get as they are.
///
/// `@unchecked Sendable`: as its superclass, what it adds is immutable.
@usableFromInline
final class TypedRoute<E: Event>: Route, @unchecked Sendable {
    @usableFromInline let typedHandlers: [TypedHandler<E>]

    init(_ route: Route) {
        typedHandlers = route.observers.map { observer in
            observer.typed as? TypedHandler<E> ?? TypedHandler(observer.inPlace)
        }
        super.init(
            route.kind,
            observers: route.observers,
            observerQueues: route.observerQueues,
            subscriptions: route.subscriptions,
            isDirect: route.isDirect
        )
    }
}
