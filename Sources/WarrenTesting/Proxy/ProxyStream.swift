import Glibc
import WarrenRuntime

/// One direction of a proxied connection, in the hands of the proxy's thread.
struct ProxyStream {
    private struct Chunk {
        let bytes: [UInt8]
        let due: MonotonicTime
    }

    /// One of the two sides is gone.
    struct Broken: Error {}

    /// How much may wait here before the source is not read any more; a delayed line holds more.
    private static let limit = 256 << 10
    private static let delayedLimit = 16 << 20

    private var queue: [Chunk] = []
    private var offset = 0
    private var queued = 0
    private var nextWrite = MonotonicTime(nanoseconds: .min)
    private var isBlocked = false
    private(set) var sourceHasEnded = false
    private(set) var sinkIsClosed = false
    /// Whether bytes were swallowed, so that what follows them makes no sense.
    private(set) var hasLost = false
    private(set) var received = 0
    private let tape: ProxyTape?

    /// A `tape` gets all that is read.
    init(_ tape: ProxyTape?) {
        self.tape = tape
    }

    // MARK: - What to wait for

    func wantsToRead(_ faults: ProxyFaults) -> Bool {
        guard !sourceHasEnded else { return false }
        switch faults.flow {
        case .silent: return true
        case .stalled: return false
        case .passing: return queued < (faults.delay == .zero ? Self.limit : Self.delayedLimit)
        }
    }

    var wantsToWrite: Bool { isBlocked }

    /// When there is something to write though no descriptor says so.
    func wakeUp(_ faults: ProxyFaults) -> MonotonicTime? {
        guard faults.flow == .passing, !isBlocked, let first = queue.first else { return nil }
        return due(first, faults)
    }

    // MARK: - Work

    /// Reads what the source has, once.
    mutating func read(
        from source: Descriptor,
        to sink: Descriptor,
        _ faults: ProxyFaults,
        now: MonotonicTime,
        buffer: inout [UInt8]
    ) throws(Broken) {
        let count = unsafe buffer.withUnsafeMutableBytes { buffer in
            unsafe recv(source.number, buffer.baseAddress, buffer.count, 0)
        }
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
        if count > 0 { tape?.append(buffer[..<count]) }
        // What happens in the silence, an end or a reset too, is not seen by the other side.
        if faults.flow == .silent {
            hasLost = true
            sourceHasEnded = count <= 0
            received += max(0, count)
            return
        }
        guard count >= 0 else { throw Broken() }
        guard count > 0 else {
            sourceHasEnded = true
            return try closeSinkIfDone(sink)
        }
        received += count
        var sent = 0
        if queue.isEmpty && faults == ProxyFaults() {
            sent = try Self.write(buffer, 0..<count, to: sink)
            isBlocked = sent < count
        }
        if sent < count {
            queue.append(Chunk(bytes: Array(buffer[sent..<count]), due: now.advanced(by: faults.delay)))
            queued += count - sent
        }
    }

    /// Writes what is due.
    mutating func write(to sink: Descriptor, isWritable: Bool, _ faults: ProxyFaults, now: MonotonicTime) throws(Broken)
    {
        if isWritable { isBlocked = false }
        guard faults.flow == .passing, !isBlocked else { return }
        while let chunk = queue.first, due(chunk, faults) <= now {
            var end = chunk.bytes.count
            if let segment = faults.segment { end = min(end, offset + segment) }
            if let rate = faults.bytesPerSecond { end = min(end, offset + max(1, rate / 100)) }
            let written = try Self.write(chunk.bytes, offset..<end, to: sink)
            if let rate = faults.bytesPerSecond {
                nextWrite = now.advanced(by: .nanoseconds(1_000_000_000 / Int64(rate) * Int64(written)))
            }
            queued -= written
            isBlocked = offset + written < end
            offset += written
            if offset == chunk.bytes.count {
                queue.removeFirst()
                offset = 0
            }
            // One segment a turn: the peer gets its chance to read it alone.
            if isBlocked || faults.segment != nil { break }
        }
        try closeSinkIfDone(sink)
    }

    // MARK: - Private

    /// When a chunk may go on; at once when the fault that held it back is over.
    private func due(_ chunk: Chunk, _ faults: ProxyFaults) -> MonotonicTime {
        let delayed = faults.delay == .zero ? nil : chunk.due
        let throttled = faults.bytesPerSecond == nil ? nil : nextWrite
        return [delayed, throttled].compactMap { $0 }.max() ?? MonotonicTime(nanoseconds: .min)
    }

    private mutating func closeSinkIfDone(_ sink: Descriptor) throws(Broken) {
        guard sourceHasEnded, !hasLost, queue.isEmpty, !sinkIsClosed else { return }
        sinkIsClosed = true
        guard shutdown(sink.number, Int32(SHUT_WR)) == 0 else { throw Broken() }
    }

    /// How much was written; 0 when there is no room.
    private static func write(_ bytes: [UInt8], _ range: Range<Int>, to sink: Descriptor) throws(Broken) -> Int {
        let count = unsafe bytes.withUnsafeBytes { buffer in
            unsafe send(
                sink.number,
                buffer.baseAddress?.advanced(by: range.lowerBound),
                range.count,
                Int32(MSG_NOSIGNAL)
            )
        }
        if count >= 0 { return count }
        guard errno == EAGAIN || errno == EINTR else { throw Broken() }
        return 0
    }
}
