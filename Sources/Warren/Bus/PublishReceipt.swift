/// How far a published event came.
public enum PublishReceipt: Sendable, Hashable {
    /// To the subscribers in this process; it never leaves it.
    case local
    /// The broker has taken responsibility for it; `routed` says whether any queue took it, a subscription's or an
    /// observer's.
    ///
    /// Where none did, nobody elsewhere will ever see it.
    case confirmed(routed: Bool)
    /// It is safe on this machine's disk, and goes to the broker when there is a way.
    case spooled
}

/// A publish under way.
public struct PendingReceipt: Sendable {
    private enum State: Sendable {
        case done(PublishReceipt)
        case waiting(@Sendable () async throws(EventBusError) -> PublishReceipt)
    }

    private let state: State

    /// A publish that is done already.
    public init(_ receipt: PublishReceipt) {
        state = .done(receipt)
    }

    /// A publish whose end `wait` waits for; it may be called several times.
    public init(_ wait: @escaping @Sendable () async throws(EventBusError) -> PublishReceipt) {
        state = .waiting(wait)
    }

    /// Waits for the end: how far the event came.
    ///
    /// - Throws: ``EventBusError``; `unknown` when nobody knows, also when the task is cancelled.
    public var receipt: PublishReceipt {
        get async throws(EventBusError) {
            switch state {
            case .done(let receipt): receipt
            case .waiting(let wait): try await wait()
            }
        }
    }
}
