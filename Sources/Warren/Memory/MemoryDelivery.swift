/// An event in a queue of this process.
final class MemoryDelivery: Delivery {
    let event: Occurrence
    let queue: MemoryQueue
    let consequences: Consequences?

    /// `consequences` are told when the event is dealt with.
    init(_ event: Occurrence, queue: MemoryQueue, consequences: Consequences? = nil) {
        self.event = event
        self.queue = queue
        self.consequences = consequences
    }

    var occurrence: Result<Occurrence, EventError> { .success(event) }
    var previousAttempts: Int { 0 }
    var firstFailedAt: EventTimestamp? { nil }
    var isRedelivered: Bool { false }
    var mayComeTwice: Bool { false }
    var isStale: Bool { false }
    var mayBecomeStale: Bool { false }

    func accept() -> Bool {
        finish()
        return true
    }

    func release() -> Bool {
        queue.takeBack(self)
        return true
    }

    func bury(_ failure: EventFailure) async -> Bool {
        queue.bury(event, failure)
        finish()
        return true
    }

    /// Nothing more will become of it.
    func finish() {
        consequences?.leave()
        queue.settledOne()
    }
}
