internal import WarrenRuntime

/// An event in a queue of this process.
final class MemoryDelivery: Delivery {
    let event: Occurrence
    private let queue: MemoryQueue
    /// Told when the event is dealt with, where somebody waits for that.
    private let settled: StopSignal?

    init(_ event: Occurrence, queue: MemoryQueue, settled: StopSignal?) {
        self.event = event
        self.queue = queue
        self.settled = settled
    }

    var occurrence: Result<Occurrence, EventError> { .success(event) }
    var previousAttempts: Int { 0 }
    var firstFailedAt: EventTimestamp? { nil }
    var isRedelivered: Bool { false }

    func settle(_ outcome: DeliveryOutcome) async -> Bool {
        switch outcome {
        case .handled: finish()
        case .released: queue.takeBack(self)
        case .deadLetter(let failure):
            queue.bury(event, failure)
            finish()
        }
        return true
    }

    /// Nothing more will become of it.
    func finish() {
        settled?.stop()
    }
}
