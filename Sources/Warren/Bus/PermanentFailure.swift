/// What a handler throws when no further attempt would end better: the event is a dead letter at once, whatever its
/// policy says.
///
/// ```swift
/// guard let customer = try await customers.find(order.customerID) else {
///     throw PermanentFailure("no customer \(order.customerID)")
/// }
/// ```
/// A handler of batches that throws it only says that the batch failed; each of its events is then tried alone.
public struct PermanentFailure: Error, CustomStringConvertible {
    /// What went wrong, as the dead letter says it.
    public let reason: String

    /// The error behind it, whose type the dead letter names.
    public let cause: (any Error)?

    /// A failure in words.
    ///
    /// - Parameter reason: what went wrong; of a long text the beginning is kept.
    public init(_ reason: String) {
        self.reason = reason
        cause = nil
    }

    /// An error that will not pass.
    ///
    /// - Parameter cause: the error.
    public init(_ cause: any Error) {
        reason = "\(cause)"
        self.cause = (cause as? PermanentFailure).map(\.cause) ?? cause
    }

    /// The reason.
    public var description: String { reason }
}
