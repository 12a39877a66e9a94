/// One promise of a store, and how it is checked.
public struct StoreCheck<Fixture: Sendable>: Sendable, CustomStringConvertible {
    /// No check takes longer than this; most take milliseconds.
    private static var deadline: Duration { .seconds(120) }

    /// The promise, as a sentence.
    public let name: String

    private let body: @Sendable (Fixture) async throws -> Void

    init(_ name: String, _ body: @escaping @Sendable (Fixture) async throws -> Void) {
        self.name = name
        self.body = body
    }

    /// The promise.
    public var description: String { name }

    /// Checks the promise.
    ///
    /// - Parameter fixture: made for this check alone.
    /// - Throws: ``ConformanceFailure`` saying what was expected and what was seen, or what the store threw unexpectedly.
    public func run(_ fixture: Fixture) async throws {
        try await check(within: Self.deadline) { [body] in try await body(fixture) }
    }
}
