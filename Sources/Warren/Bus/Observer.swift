/// Who wants to see events as they come, and what it does with them.
public struct Observer: Sendable {
    /// Which event types it wants: those that any of these matches.
    public var patterns: [TopicPattern]

    /// What it does with each; what it throws is reported and changes nothing.
    public let handler: @Sendable (EventContext) async throws -> Void

    /// The same for where it runs in the task that publishes.
    let inPlace: InPlaceHandler

    /// A ``TypedHandler`` of the one type wanted: it takes the published value as it is.
    let typed: (any Sendable)?

    /// Creates an observer.
    public init(_ patterns: [TopicPattern], _ handler: @escaping @Sendable (EventContext) async throws -> Void) {
        self.init(patterns, .waiting(handler))
    }

    init(_ patterns: [TopicPattern], _ inPlace: InPlaceHandler, typed: (any Sendable)? = nil) {
        self.patterns = patterns
        self.inPlace = inPlace
        self.typed = typed
        handler =
            switch inPlace {
            case .plain(let handler): { context in try handler(context) }
            case .waiting(let handler): handler
            }
    }
}

/// A handler that runs in the task that publishes; one that never waits is spared what waiting costs.
enum InPlaceHandler: Sendable {
    case plain(@Sendable (EventContext) throws -> Void)
    case waiting(@Sendable (EventContext) async throws -> Void)
}

/// The same for values of one type, as the program gave it: a publish of that very type calls it without a detour.
@usableFromInline
enum TypedHandler<E: Event>: Sendable {
    case plain(@Sendable (E, EventContext) throws -> Void)
    case waiting(@Sendable (E, EventContext) async throws -> Void)

    /// Any handler, which then looks at the context alone.
    init(_ handler: InPlaceHandler) {
        switch handler {
        case .plain(let handler): self = .plain { _, context in try handler(context) }
        case .waiting(let handler): self = .waiting { _, context in try await handler(context) }
        }
    }
}
