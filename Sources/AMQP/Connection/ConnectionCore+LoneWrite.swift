import WarrenRuntime

extension ConnectionCore {
    /// How soon after one lone write the next counts as load, which the thread takes over; in nanoseconds.
    private static let loneInterval: Int64 = 100_000

    /// A write that a caller does by itself, outside the lock, instead of waking the thread for it.
    struct LoneWrite: ~Copyable {
        fileprivate var bytes: OutgoingBytes
        fileprivate let transport: Transport
        fileprivate let epoch: UInt64

        mutating func run() -> OutgoingBytes.Progress {
            bytes.write(to: transport)
        }
    }

    /// Hands the permit to the caller, if it is alone on an idle plain connection.
    mutating func takeLoneWrite(into effects: inout Effects) -> LoneWrite? {
        guard isAsleep, let transport, transport.isPlain else { return nil }
        let now = clock.now
        guard lastLoneWrite.nanoseconds(until: now) > Self.loneInterval,
            let bytes = takeOutgoing(now: now, into: &effects)
        else { return nil }
        // The thread sleeps longer than the publish may wait for its confirm.
        if nextTimer < heededTimer { wantsAttention = true }
        return LoneWrite(bytes: bytes, transport: transport, epoch: epoch)
    }

    /// Takes the permit back; what could not be written is the thread's.
    mutating func finish(_ write: consuming LoneWrite, _ progress: OutgoingBytes.Progress, now: MonotonicTime) {
        // A connection lost meanwhile has dropped its outbox, and this belonged to it.
        guard write.epoch == epoch else { return }
        lastLoneWrite = now
        let bytes = write.takeBytes()
        if progress == .done {
            outbox.finish(bytes)
        } else {
            outbox.postpone(bytes)
        }
    }
}

extension ConnectionCore.LoneWrite {
    fileprivate consuming func takeBytes() -> OutgoingBytes { bytes }
}
