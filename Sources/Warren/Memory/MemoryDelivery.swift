internal import WarrenRuntime

/// An event in a queue of this process.
final class MemoryDelivery: Delivery {
    let event: Occurrence
    let queue: MemoryQueue
    /// Told when the event is dealt with, where somebody waits for that.
    let settled: StopSignal?

    init(_ event: Occurrence, queue: MemoryQueue, settled: StopSignal? = nil) {
        self.event = event
        self.queue = queue
        self.settled = settled
    }

    var occurrence: Result<Occurrence, EventError> { .success(event) }
    var previousAttempts: Int { 0 }
    var firstFailedAt: EventTimestamp? { nil }
    var isRedelivered: Bool { false }

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
        settled?.stop()
        queue.settledOne()
    }
}
