import WarrenRuntime

/// Keeps the newest records, for tests to look at.
package final class MemoryLogOutput: LogOutput {
    private let capacity: Int
    private let kept = Locked<[LogRecord]>([])

    /// - Parameter capacity: how many records are kept; the oldest go first.
    package init(capacity: Int = 1000) {
        self.capacity = max(1, capacity)
    }

    /// Oldest first.
    package var records: [LogRecord] { kept.withLock { $0 } }

    package func write(_ record: LogRecord) {
        kept.withLock { records in
            if records.count == capacity { records.removeFirst() }
            records.append(record)
        }
    }
}
