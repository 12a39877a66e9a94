public import Warren

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
