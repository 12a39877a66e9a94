public import Warren
internal import WarrenRuntime

/// A bus to be checked, fresh: nothing was published or subscribed on it, and it does not run yet.
public struct EventBusFixture: Sendable {
    /// The bus.
    public let bus: any EventBus

    /// Another instance of the same bus, as another process of the same service has it; `nil` where the bus is one
    /// process's own.
    public let second: (any EventBus)?

    /// Whether a publish waits for the handlers of this process.
    public let waitsForHandlers: Bool

    /// The dead letters of a subscription, the oldest first.
    public let deadLetters: @Sendable (String) async throws -> [DeadLetter]

    /// An inbox that the buses of a fixture have, and how handlers commit with it.
    public struct Inbox: Sendable {
        /// The inbox.
        public let store: any InboxStore
        /// Commits a number in a row of its own, through what a handler is told.
        public let commit: @Sendable (EventContext, Int) async throws -> Void
        /// All numbers that are committed, in any order.
        public let committed: @Sendable () async throws -> [Int]

        /// Creates what the checks commit with.
        ///
        /// - Parameters:
        ///   - store: the inbox.
        ///   - commit: commits a number in a row of its own.
        ///   - committed: all numbers that are committed.
        public init(
            store: any InboxStore,
            commit: @escaping @Sendable (EventContext, Int) async throws -> Void,
            committed: @escaping @Sendable () async throws -> [Int]
        ) {
            self.store = store
            self.commit = commit
            self.committed = committed
        }

        /// An inbox in memory; numbers are kept beside it.
        public static func memory() throws -> Inbox {
            let numbers = MemoryNumbers()
            return Inbox(
                store: try MemoryInboxStore(),
                commit: { context, number in
                    try await context.commit { (_: MemoryTransaction) in numbers.all.withLock { $0.append(number) } }
                },
                committed: { numbers.all.withLock { $0 } }
            )
        }
    }

    private final class MemoryNumbers: Sendable {
        let all = Locked<[Int]>([])
    }

    /// The inbox that its buses have, for ``EventBusConformance/inboxChecks``.
    public var inbox: Inbox?

    /// How long what a bus promises may take to happen.
    public var patience: Duration = .seconds(20)

    /// Creates a fixture.
    ///
    /// - Parameters:
    ///   - bus: the bus.
    ///   - second: another instance of it, where events leave the process.
    ///   - waitsForHandlers: whether a publish waits for the handlers of this process.
    ///   - deadLetters: the dead letters of a subscription, the oldest first.
    public init(
        bus: any EventBus,
        second: (any EventBus)? = nil,
        waitsForHandlers: Bool = false,
        deadLetters: @escaping @Sendable (String) async throws -> [DeadLetter]
    ) {
        self.bus = bus
        self.second = second
        self.waitsForHandlers = waitsForHandlers
        self.deadLetters = deadLetters
    }
}
