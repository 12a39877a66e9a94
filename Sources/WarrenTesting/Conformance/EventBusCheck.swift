public import Warren
internal import WarrenRuntime

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
        let stage = Stage(fixture)
        let outcome = await withTaskGroup(of: Result<Void, any Error>.self) { group in
            group.addTask {
                do {
                    try await body(stage)
                    try await stage.finishBackgroundWork()
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                try? await Task.sleep(for: Self.deadline)
                return .failure(ConformanceFailure("an end of the check within \(Self.deadline)", seen: "none"))
            }
            let first = await group.next() ?? .success(())
            group.cancelAll()
            return first
        }
        do {
            try outcome.get()
        } catch {
            try? await stage.end()
            throw error
        }
        try await stage.end()
    }
}
