internal import WarrenRuntime

/// One subscriber's access to a queue that it may share with others of its name.
final class MemoryShare: DeliverySource {
    private let queue: MemoryQueue
    private let isStopped = Locked(false)

    init(_ queue: MemoryQueue) {
        self.queue = queue
        queue.share(1)
    }

    func next(upTo limit: Int) async -> [any Delivery] {
        await queue.next(upTo: limit, unless: { isStopped.withLock { $0 } })
    }

    func stop() {
        let isFirst = isStopped.withLock { isStopped in
            defer { isStopped = true }
            return !isStopped
        }
        guard isFirst else { return }
        queue.share(-1)
        queue.wakeTakers()
    }
}
