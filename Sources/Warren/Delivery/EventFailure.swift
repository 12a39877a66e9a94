internal import WarrenRuntime

/// Why and after what an event became a dead letter.
public struct EventFailure: Sendable, Hashable {
    /// The longest that is kept of an error's text, in bytes.
    package static let maximumErrorLength = 4096

    /// What went wrong at last; of a long text the beginning.
    public var error: String
    /// The kind of it: the Swift type of the error, or `undecodable`, `unencodable`, `timeout`, `retry`, `rejected`;
    /// `crash` where the handler did not live to say what was wrong.
    public var errorType: String
    /// How many attempts failed in all; none when the event could not even be read.
    public var attempts: Int
    /// When the first attempt failed.
    public var firstFailedAt: EventTimestamp
    /// When the last attempt failed.
    public var lastFailedAt: EventTimestamp
    /// The subscription whose handler it was.
    public var handler: String

    /// Creates a failure.
    public init(
        error: String,
        errorType: String,
        attempts: Int,
        firstFailedAt: EventTimestamp,
        lastFailedAt: EventTimestamp,
        handler: String
    ) {
        self.error = error
        self.errorType = errorType
        self.attempts = attempts
        self.firstFailedAt = firstFailedAt
        self.lastFailedAt = lastFailedAt
        self.handler = handler
    }
}

extension EventFailure: CustomStringConvertible {
    /// What went wrong, and where: `Refused: out of stock (billing.orders, 3 attempts)`.
    public var description: String {
        "\(errorType): \(error) (\(handler), \(attempts) \(attempts == 1 ? "attempt" : "attempts"))"
    }
}

/// What a handler throws that will never again take an event, through no fault of theirs: they are given back, and its
/// subscription stops.
package struct HandlerHasRetired: Error {
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }
}
