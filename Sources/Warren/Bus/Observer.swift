/// Who wants to see events as they come, and what it does with them.
public struct Observer: Sendable {
    /// Which event types it wants: those that any of these matches.
    public var patterns: [TopicPattern]

    /// What it does with each; what it throws is reported and changes nothing.
    public var handler: @Sendable (EventContext) async throws -> Void

    /// A ``TypedHandler`` of the one type wanted: it takes the published value as it is.
    var typed: (any Sendable)?

    /// Creates an observer.
    public init(_ patterns: [TopicPattern], _ handler: @escaping @Sendable (EventContext) async throws -> Void) {
        self.patterns = patterns
        self.handler = handler
    }
}

/// A handler of values of one type, kept whole so that a publish of that very type can call it without a detour.
@usableFromInline
final class TypedHandler<E: Event>: Sendable {
    @usableFromInline typealias Handler = @Sendable (E, EventContext) async throws -> Void

    let handler: Handler

    init(_ handler: @escaping Handler) {
        self.handler = handler
    }
}
