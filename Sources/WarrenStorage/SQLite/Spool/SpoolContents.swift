import Warren
import WarrenRuntime

/// How much a spool holds, counted as it comes and goes.
struct SpoolContents: Sendable, Equatable {
    /// What waits for the broker.
    var waiting = SpoolAmount()
    var parked = SpoolAmount()
    /// When the first of what waits was spooled.
    var oldest: WallTime?
    var lastPosition: Int64 = 0

    /// - Throws: `StorageError` with code `boundReached` when so many bytes may not be added now.
    func check(_ bounds: SpoolBounds, adding size: Int, at now: WallTime, _ path: String) throws(StorageError) {
        if let oldest, oldest.advanced(by: bounds.age) <= now {
            throw StorageError(
                .boundReached,
                "'\(path)': its first entry waits since \(oldest.rfc3339), longer than \(bounds.age): "
                    + "the broker has to take what is there before more may come"
            )
        }
        var sum = waiting
        sum += parked
        sum += SpoolAmount(bytes: size)
        guard sum.bytes > bounds.bytes else { return }
        let alsoParked = parked.count == 0 ? "" : ", and \(parked.bytes) parked ones to be requeued or discarded"
        throw StorageError(
            .boundReached,
            "'\(path)': no room for \(size) bytes more: it may hold \(bounds.bytes) and has \(waiting.bytes) that wait for the "
                + "broker\(alsoParked)"
        )
    }

    var status: SpoolStatus {
        SpoolStatus(
            count: waiting.count,
            bytes: waiting.bytes,
            oldest: oldest.map { EventTimestamp(milliseconds: $0.milliseconds) },
            parkedCount: parked.count,
            parkedBytes: parked.bytes
        )
    }
}

/// Keeps the count of a spool right whether a transaction is committed or not.
final class SpoolLedger: Sendable {
    private struct State {
        var committed = SpoolContents()
        var current = SpoolContents()
    }

    private let state = Locked(State())

    /// As of the last commit.
    var committedContents: SpoolContents { state.withLock { $0.committed } }

    /// As of the transaction that is under way; for the writer thread.
    var contents: SpoolContents {
        get { state.withLock { $0.current } }
        set { state.withLock { $0.current = newValue } }
    }

    func committed() {
        state.withLock { $0.committed = $0.current }
    }

    func rolledBack() {
        state.withLock { $0.current = $0.committed }
    }
}
