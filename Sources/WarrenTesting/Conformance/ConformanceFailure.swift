/// A promise that a bus does not keep.
public struct ConformanceFailure: Error, Sendable, CustomStringConvertible {
    /// What the promise makes one expect.
    public let expected: String

    /// What was seen instead.
    public let seen: String

    init(_ expected: String, seen: String) {
        self.expected = expected
        self.seen = seen
    }

    /// Both in one sentence.
    public var description: String { "expected \(expected); seen: \(seen)" }
}

/// Fails unless both are the same.
func expect<Value: Equatable>(_ what: String, _ seen: Value, is expected: Value) throws(ConformanceFailure) {
    guard seen != expected else { return }
    throw ConformanceFailure("\(what): \(short(expected))", seen: short(seen))
}

/// Fails unless the condition holds.
func expect(_ what: String, _ condition: Bool, seen: @autoclosure () -> String) throws(ConformanceFailure) {
    guard !condition else { return }
    throw ConformanceFailure(what, seen: seen())
}

/// What is there; fails where there is nothing.
func require<Value>(_ what: String, _ value: Value?) throws(ConformanceFailure) -> Value {
    guard let value else { throw ConformanceFailure(what, seen: "nothing") }
    return value
}

/// Fails unless `body` throws an error of this type that fits.
@discardableResult
func expectThrow<Failure: Error>(
    _ what: String,
    _ type: Failure.Type,
    where fits: (Failure) -> Bool = { _ in true },
    _ body: () async throws -> Void
) async throws(ConformanceFailure) -> Failure {
    do {
        try await body()
    } catch let error as Failure where fits(error) {
        return error
    } catch {
        throw ConformanceFailure("an error: \(what)", seen: "\(Swift.type(of: error)): \(error)")
    }
    throw ConformanceFailure("an error: \(what)", seen: "none")
}

/// As much of a value's text as one wants to read.
private func short(_ value: some Any) -> String {
    let text = "\(value)"
    return text.utf8.count > 2000 ? "\(text.prefix(2000))…" : text
}
