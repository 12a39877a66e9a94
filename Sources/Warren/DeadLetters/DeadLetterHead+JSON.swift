extension DeadLetterHead {
    /// The head in JSON, without a line end of its own; what is not known is left out.
    package func json() -> [UInt8] {
        var members = JSONMembers()
        func append(_ key: String, _ text: String?) {
            if let text { members.append(key: key, text: text) }
        }
        func append(_ key: String, _ number: Int) {
            members.append(key: key, validJSON: "\(number)".utf8)
        }
        append("id", eventID)
        append("event_type", eventType)
        append("error", failure.error)
        append("error_type", failure.errorType)
        append("attempts", failure.attempts)
        append("first_failed_at", failure.firstFailedAt.text)
        append("last_failed_at", failure.lastFailedAt.text)
        append("handler", failure.handler)
        append("host", host)
        append("exchange", exchange)
        append("routing_key", routingKey)
        append("broker_reason", brokerReason)
        append("size", size)
        return members.json()
    }
}
