/// Which dead letters are meant: those that fit all that is given.
public struct DeadLetterFilter: Sendable, Hashable {
    /// Those of events with one of these ids, where messages without any have the empty one; `nil`: of any event.
    public var ids: Set<String>?
    /// Those of events whose type it matches; `nil`: of any type.
    public var type: TopicPattern?
    /// Those whose error has this text in it, in capitals or not, or is of this very kind; `nil`: of any error.
    public var error: String?
    /// Those that failed last before this moment; `nil`: at any time.
    public var failedBefore: EventTimestamp?
    /// Those that failed last at this moment or after it; `nil`: at any time.
    public var failedSince: EventTimestamp?

    /// All dead letters.
    public static let all = DeadLetterFilter()

    /// Creates a filter; what is not given is not asked for.
    ///
    /// - Parameters:
    ///   - ids: the ids of their events.
    ///   - type: a pattern of the types of their events.
    ///   - error: a part of the error's text, or its kind.
    ///   - failedBefore: they failed last before then.
    ///   - failedSince: they failed last then or later.
    public init(
        ids: Set<String>? = nil,
        type: TopicPattern? = nil,
        error: String? = nil,
        failedBefore: EventTimestamp? = nil,
        failedSince: EventTimestamp? = nil
    ) {
        self.ids = ids
        self.type = type
        self.error = error
        self.failedBefore = failedBefore
        self.failedSince = failedSince
    }

    /// Whether a dead letter is meant.
    public func matches(_ letter: DeadLetterHead) -> Bool {
        if let ids, !ids.contains(letter.eventID) { return false }
        if let type, !type.matches(letter.eventType) { return false }
        if let error, !letter.failure.has(error) { return false }
        let failed = letter.failure.lastFailedAt.milliseconds
        if let failedBefore, failed >= failedBefore.milliseconds { return false }
        if let failedSince, failed < failedSince.milliseconds { return false }
        return true
    }
}

extension EventFailure {
    fileprivate func has(_ text: String) -> Bool {
        errorType == text || error.lowercased().contains(text.lowercased())
    }
}
