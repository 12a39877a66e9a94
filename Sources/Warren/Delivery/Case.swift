/// A delivery and what has become of it so far.
struct Case: Sendable {
    /// What the last attempt ended with, and was not judged yet.
    struct Failure: Sendable {
        let error: String
        let errorType: String
        /// How long the handler wants to wait; `nil`: as the policy has it.
        let delay: Duration?
        /// Whether no attempt would end better.
        let isFinal: Bool

        /// Of a long text the beginning is kept: an error may have a whole page to say, or the event itself.
        init(error: String, errorType: String, delay: Duration? = nil, isFinal: Bool = false) {
            self.error = error.cut(toBytes: EventFailure.maximumErrorLength)
            self.errorType = errorType.cut(toBytes: 255)
            self.delay = delay
            self.isFinal = isFinal
        }
    }

    /// What an inbox says of an event: nothing is left to do but to say so.
    enum Verdict {
        case handled
        /// It was handled before it came.
        case duplicate
        /// It could not be committed, and comes again.
        case uncommitted(StorageError)
    }

    let delivery: any Delivery
    /// How many attempts failed.
    var attempts: Int
    var firstFailedAt: EventTimestamp?
    var lastFailedAt: EventTimestamp?
    var failure: Failure?
    /// How long to wait before the next attempt, if there is anything to wait for.
    var delay: Duration?

    // MARK: What only an inbox asks for

    /// What the handler at work commits with.
    var claim: HandlerClaim?
    /// Whether the handler at work has the bus to itself.
    var isAlone = false
    /// How often it was on record as being handled when a process ended.
    var crashes = 0
    /// Whether it may be the one that has ended a process, and nothing is known yet.
    var isSuspect: Bool
    /// Whether a commit may have been carried out, and nobody was told.
    var isInDoubt = false
    var verdict: Verdict?

    init(_ delivery: any Delivery) {
        self.delivery = delivery
        attempts = delivery.previousAttempts
        firstFailedAt = delivery.firstFailedAt
        delay = delivery.remainingDelay
        isSuspect = delivery.isRedelivered
    }

    /// Whether an attempt failed since it was delivered.
    var hasFailed: Bool { attempts > delivery.previousAttempts }

    /// The id of the event, where it could be read.
    var eventID: String? { (try? delivery.occurrence.get())?.eventID }

    /// An event that cannot be read fails without an attempt.
    mutating func fail(unreadable event: Result<Occurrence, EventError>, at now: EventTimestamp) {
        guard case .failure(let error) = event else { return }
        fail(Failure(error: error.message, errorType: "undecodable", isFinal: true), at: now)
        attempts -= 1
    }

    mutating func fail(_ failure: Failure, at now: EventTimestamp) {
        self.failure = failure
        attempts += 1
        firstFailedAt = firstFailedAt ?? now
        lastFailedAt = now
    }
}
