internal import WarrenRuntime

/// One subscriber's access to a queue that it may share with others of its name.
final class MemoryShare: DeliverySource {
    private let queue: MemoryQueue
    private let isStopped = Locked(false)

    init(_ queue: MemoryQueue) {
        self.queue = queue
    }

    func next(upTo limit: Int) async -> [any Delivery] {
        await queue.next(upTo: limit, unless: { isStopped.withLock { $0 } })
    }

    func stop() {
        isStopped.withLock { $0 = true }
        queue.wakeTakers()
    }
}
