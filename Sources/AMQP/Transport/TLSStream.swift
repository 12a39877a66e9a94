import Glibc

/// A TLS session on a socket: moves ciphertext between the two, with a bound on how much may wait.
///
/// Confined to the I/O thread. The first failure is final: every later call reports it again; reading first hands out what
/// the peer had sent until it took no more.
@safe
final class TLSStream {
    /// No more plaintext is taken while this much ciphertext waits for the socket.
    static let outputLimit = 256 << 10

    /// The most plaintext that fits one TLS record.
    private static let recordSize = 16 << 10

    private let socket: Socket
    private let engine: TLSEngine
    /// For the length of one call: ciphertext just received, or plaintext being gathered.
    private let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    /// Ciphertext on its way to the socket; `staged` is what of it has not been taken yet.
    private let outbound = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private var staged = 0..<0
    private var failure: String?
    /// Why the socket takes no more.
    private var sendFailure: String?
    /// What came in plain text while it was looked for why.
    private var unread: [UInt8] = []
    /// Whether TLS failed, not the socket under it: a certificate was refused, or a record was no good.
    private(set) var hasFailedItself = false
    private(set) var hasBufferedInput = false

    init(socket: Socket, engine: TLSEngine) {
        self.socket = socket
        self.engine = engine
    }

    deinit {
        unsafe scratch.deallocate()
        unsafe outbound.deallocate()
    }

    /// - Throws: `.tls` with the reason; `.timedOut` and `.interrupted` from `patience`.
    func handshake(_ patience: Patience) throws(TransportError) {
        while true {
            let step = engine.handshake()
            // The alert that says why we refuse goes out too.
            let sent = flush()
            switch step {
            case .done:
                return
            case .failed(let reason):
                throw failed(patience, reason)
            case .needsInput, .bytes, .closed:
                break
            }
            if case .failed(let reason) = sent { throw failed(patience, reason) }
            let events = POLLIN | (hasBufferedOutput ? POLLOUT : 0)
            var descriptors = [pollfd(fd: socket.descriptor, events: Int16(events), revents: 0)]
            try patience.wait(for: &descriptors, "in the TLS handshake")
            switch fill() {
            case .bytes, .wouldBlock:
                break
            case .endOfStream:
                throw failed(patience, "the peer closed the connection in the middle of the handshake")
            case .failed(let reason):
                throw failed(patience, reason)
            }
        }
    }

    private func failed(_ patience: Patience, _ reason: String) -> TransportError {
        failure = reason
        return TransportError(.tls, "TLS with \(patience.target) failed: \(reason)")
    }

    // MARK: - Reading

    func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        guard unread.isEmpty else { return unsafe takeUnread(into: buffer) }
        if let failure { return .failed(failure) }
        let result = unsafe receive(into: buffer)
        guard let sendFailure, !hasFailedItself else { return result }
        // What has not come by now will not come.
        if case .bytes = result { return result }
        failure = sendFailure
        return .failed(sendFailure)
    }

    private func takeUnread(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        let count = min(buffer.count, unread.count)
        unsafe buffer.copyBytes(from: unread.prefix(count))
        unread.removeFirst(count)
        hasBufferedInput = true
        return .bytes(count)
    }

    private func receive(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
        var count = 0
        while count < buffer.count {
            switch unsafe engine.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[count...])) {
            case .bytes(let more):
                count += more
            case .needsInput, .done:
                // What was decrypted is handed over before the socket is asked for more.
                if count > 0 { return finishRead(.bytes(count), more: false) }
                let filled = fill()
                guard case .bytes = filled else { return finishRead(filled, more: false) }
            case .closed:
                return finishRead(count > 0 ? .bytes(count) : .endOfStream, more: count > 0)
            case .failed(let reason):
                failure = reason
                hasFailedItself = true
                return finishRead(count > 0 ? .bytes(count) : .failed(reason), more: count > 0)
            }
        }
        return finishRead(.bytes(count), more: engine.hasPendingInput)
    }

    /// Reading can make output: answers to key updates, alerts.
    private func finishRead(_ result: IOResult, more: Bool) -> IOResult {
        hasBufferedInput = more
        if engine.pendingOutput > 0 { _ = flush() }
        if failure == nil && engine.pendingOutput > 2 * Self.outputLimit {
            failure = "the peer makes us answer and does not read the answers"
        }
        return result
    }

    /// Receives once and feeds the session.
    private func fill() -> IOResult {
        let received = unsafe socket.receive(into: scratch)
        switch received {
        case .bytes(let count):
            guard unsafe engine.feed(UnsafeRawBufferPointer(rebasing: scratch[..<count])) else {
                failure = "no memory for received data"
                return .failed("no memory for received data")
            }
        case .failed(let reason):
            failure = reason
        case .wouldBlock, .endOfStream:
            break
        }
        return received
    }

    // MARK: - Writing

    /// Encrypts a beginning of the vectors in full records, as long as the bound allows, and sends what the socket
    /// takes.
    func write(_ vectors: UnsafeBufferPointer<iovec>) -> IOResult {
        if let failure = failure ?? sendFailure { return .failed(failure) }
        var cursor = unsafe VectorCursor(vectors)
        var accepted = 0
        while !cursor.isAtEnd {
            if waiting >= Self.outputLimit {
                if case .failed(let reason) = flush() { return .failed(reason) }
                if waiting >= Self.outputLimit { break }
            }
            let record = unsafe cursor.next(atMost: Self.recordSize, gatheringInto: scratch)
            switch unsafe engine.write(record) {
            case .bytes(let count) where count == record.count:
                accepted += count
            case .failed(let reason):
                failure = reason
                hasFailedItself = true
                return .failed(reason)
            case .bytes, .needsInput, .done, .closed:
                // A memory BIO takes everything, and renegotiation is off, so the session always takes a whole record.
                failure = "the TLS session takes no data"
                return .failed("the TLS session takes no data")
            }
        }
        if case .failed(let reason) = flush() { return .failed(reason) }
        return accepted > 0 || cursor.isAtEnd ? .bytes(accepted) : .wouldBlock
    }

    private var waiting: Int { staged.count + engine.pendingOutput }

    var hasBufferedOutput: Bool { waiting > 0 }

    func flush() -> IOResult {
        if let sendFailure { return .failed(sendFailure) }
        var total = 0
        while true {
            if staged.isEmpty {
                staged = 0..<(unsafe engine.drain(into: outbound))
                if staged.isEmpty { return .bytes(total) }
            }
            let sent = unsafe socket.send(UnsafeRawBufferPointer(rebasing: outbound[staged]))
            guard case .bytes(let count) = sent else {
                guard case .failed(let reason) = sent else { return sent }
                let cause = failure ?? readFarewell() ?? reason
                sendFailure = cause
                return .failed(cause)
            }
            total += count
            staged = (staged.lowerBound + count)..<staged.upperBound
        }
    }

    /// Why the peer takes no more, if it said so: in TLS 1.3 a client that writes at once may learn of the refusal of its
    /// certificate only after it was hung up on.
    private func readFarewell() -> String? {
        guard case .bytes = fill() else { return nil }
        var said = unsafe engine.read(into: scratch)
        while case .bytes(let count) = said {
            unsafe unread += scratch[..<count]
            said = unsafe engine.read(into: scratch)
        }
        hasBufferedInput = !unread.isEmpty
        guard case .failed(let reason) = said else { return nil }
        hasFailedItself = true
        failure = reason
        return reason
    }

    func closeNotify() {
        guard failure == nil, sendFailure == nil else { return }
        engine.closeNotify()
        _ = flush()
    }
}
