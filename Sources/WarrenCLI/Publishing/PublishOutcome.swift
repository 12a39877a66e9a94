/// How publishing one event ended.
package enum PublishOutcome: Sendable, Hashable {
    /// The broker has it; `routed` is false when no queue took it.
    case acked(routed: Bool)
    /// It was refused, or nobody knows.
    case failed(reason: String)
}

/// An event on its way: waits for how that ends.
package typealias PendingPublish = @Sendable () async -> PublishOutcome
