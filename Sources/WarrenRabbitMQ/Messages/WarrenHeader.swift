/// The headers of ours on messages.
package enum WarrenHeader {
    /// The bus instance whose observers have seen the event.
    package static let origin = "warren-origin"
    /// How many attempts failed before the message came where it is.
    package static let attempt = "warren-attempt"
    /// How long it is still to wait before the next attempt, in milliseconds.
    package static let remainingDelay = "warren-remaining-delay"

    // MARK: - Of a dead letter

    /// What went wrong at last.
    package static let error = "warren-error"
    /// The kind of it.
    package static let errorType = "warren-error-type"
    /// How many attempts failed in all.
    package static let attempts = "warren-attempts"
    /// When the first attempt failed, RFC 3339.
    package static let firstFailedAt = "warren-first-failed-at"
    /// When the last attempt failed, RFC 3339.
    package static let lastFailedAt = "warren-last-failed-at"
    /// The subscription that failed.
    package static let handler = "warren-handler"
    /// The machine that it failed on.
    package static let host = "warren-host"
    /// The exchange that the event was published to.
    package static let exchange = "warren-exchange"
    /// The key that the event was published with.
    package static let routingKey = "warren-routing-key"

    // MARK: - Of any copy

    /// The time to live that the message was published with.
    package static let originalExpiration = "warren-original-expiration"
    /// The user that the message was published by.
    package static let originalUserID = "warren-original-user-id"
    /// The names of headers and properties that had no room in the copy.
    package static let droppedHeaders = "warren-dropped-headers"

    /// Those that tell of a failure.
    static let ofFailure = [
        attempt, remainingDelay, error, errorType, attempts, firstFailedAt, lastFailedAt, handler, host,
    ]

    /// All of them; other headers are somebody else's.
    package static let all: Set<String> = [
        origin, attempt, remainingDelay, error, errorType, attempts, firstFailedAt, lastFailedAt, handler, host,
        exchange, routingKey, originalExpiration, originalUserID, droppedHeaders,
    ]
}
