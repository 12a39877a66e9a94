public import Warren

/// One promise of a bus, and how it is checked.
public struct EventBusCheck: Sendable, CustomStringConvertible {
    /// No check takes longer than this; most take milliseconds.
    static let deadline = Duration.seconds(120)

    /// The promise, as a sentence.
    public let name: String

    /// The limits of the buses that the check wants.
    public let limits: HandlerLimits

    private let body: @Sendable (Stage) async throws -> Void

    init(
        _ name: String,
        limits: HandlerLimits = HandlerLimits(shutdownGrace: .seconds(2)),
        _ body: @escaping @Sendable (Stage) async throws -> Void
    ) {
        self.name = name
        self.limits = limits
        self.body = body
    }

    /// The promise.
    public var description: String { name }

    /// Checks the promise; the fixture's buses have ended when it returns.
    ///
    /// - Parameter fixture: made for this check alone, with its ``limits``.
    /// - Throws: ``ConformanceFailure`` saying what was expected and what was seen, or what the bus threw unexpectedly.
    public func run(_ fixture: EventBusFixture) async throws {
        try await run(fixture, within: Self.deadline)
    }

    /// The same with a deadline; what does not end by then is left behind, whether it heeds its cancellation or not.
    func run(_ fixture: EventBusFixture, within limit: Duration) async throws {
        let stage = Stage(fixture)
        do {
            try await check(within: limit) { [body] in
                try await body(stage)
                try await stage.finishBackgroundWork()
            }
        } catch {
            try? await stage.end()
            throw error
        }
        try await stage.end()
    }
}
