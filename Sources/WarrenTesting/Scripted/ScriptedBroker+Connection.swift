import Glibc
import WarrenRuntime

extension ScriptedBroker {
    /// One client's connection, in the hands of a script.
    ///
    /// Reading waits with a deadline and skips nothing silently: all frames stay in ``frames``. Sending never waits;
    /// what is sent after the end is dropped.
    public final class Connection: Sendable {
        /// How a connection ended.
        public enum End: Sendable, Hashable {
            /// The client closed it.
            case closedByClient
            /// The client, or the system in its name, reset it.
            case resetByClient
            /// The script closed or reset it, or the broker was stopped.
            case closedByScript
        }

        private enum Closing {
            case orderly
            case reset
        }

        private struct State {
            /// Closed by the loop's thread alone, which alone reads and writes it.
            var descriptor: Descriptor?
            var parser = FrameParser()
            var assembler = ContentAssembler()
            var frames: [Frame] = []
            var nextFrame = 0
            var bytesReceived = 0
            var isReading = true
            var outbox: [UInt8] = []
            /// What the thread is writing, and how much of it is written.
            var writing: [UInt8] = []
            var written = 0
            var hasOutput: Bool { !outbox.isEmpty || written < writing.count }
            var closing: Closing?
            var end: End?
        }

        private static let readSize = 64 << 10

        let bell = Bell()
        private let waker: Waker
        private let state: Locked<State>

        init(_ descriptor: Descriptor, waker: Waker) {
            self.waker = waker
            state = Locked(State(descriptor: descriptor))
        }

        // MARK: - What happened

        /// All frames the client has sent, the protocol header first.
        public var frames: [Frame] { state.withLock { $0.frames } }

        /// All frames of one method that the client has sent.
        public func frames(_ method: Method) -> [Frame] { frames.filter { $0.method == method } }

        /// All messages that the client has published completely.
        public var publishes: [Publish] {
            var assembler = ContentAssembler()
            return frames.compactMap { assembler.feed($0) }
        }

        /// How many bytes have arrived.
        public var bytesReceived: Int { state.withLock { $0.bytesReceived } }

        /// How it ended; `nil` while it is open.
        public var end: End? { state.withLock { $0.end } }

        // MARK: - Writing

        /// Sends bytes as they are: half a frame, garbage, anything.
        public func send(bytes: [UInt8]) {
            state.withLock { state in
                guard state.end == nil else { return }
                state.outbox += bytes
            }
            waker.wake()
        }

        /// Closes the connection in order (FIN), after what was sent before.
        public func close() { close(.orderly) }

        /// Resets the connection (RST), after what was sent before.
        public func reset() { close(.reset) }

        /// Stops reading, so that the client's writes get stuck once the buffers between are full.
        public func pauseReading() { setReading(false) }

        /// Reads again.
        public func resumeReading() { setReading(true) }

        // MARK: - Reading

        /// Takes the next frame that fits, skipping those before it.
        func take(where fits: (Frame) throws -> Bool) throws -> Frame? {
            var index = state.withLock { $0.nextFrame }
            while let frame = try frame(at: index) {
                index += 1
                guard try fits(frame) else { continue }
                state.withLock { $0.nextFrame = max($0.nextFrame, index) }
                return frame
            }
            return nil
        }

        /// Takes frames until they complete a message.
        func takePublish() throws -> Publish? {
            while let frame = try take(where: { _ in true }) {
                if let publish = state.withLock({ $0.assembler.feed(frame) }) { return publish }
            }
            return nil
        }

        // MARK: - Called by the loop's thread

        /// What to poll for; `nil` when it is over.
        var interest: (descriptor: Descriptor, events: Int16)? {
            state.withLock { state in
                guard let descriptor = state.descriptor else { return nil }
                let events = (state.isReading ? POLLIN : 0) | (state.hasOutput ? POLLOUT : 0)
                return (descriptor, Int16(events))
            }
        }

        /// Reads what is there, writes what there is room for, closes when that was asked for.
        func work(isReadable: Bool) {
            guard let descriptor = state.withLock({ $0.descriptor }) else { return }
            if isReadable { read(descriptor) }
            while write(descriptor) {}
            let isOver = state.withLock { state in
                guard let closing = state.closing, state.end == nil else { return false }
                if closing == .orderly && state.hasOutput { return false }
                if closing == .reset { TCPSocket.resetOnClose(descriptor) }
                return true
            }
            if isOver { end(.closedByScript) }
        }

        func abandon() { end(.closedByScript) }

        // MARK: - Private

        private func frame(at index: Int) throws(WarrenTestingError) -> Frame? {
            try state.withLock { state throws(WarrenTestingError) in
                if index < state.frames.count { return state.frames[index] }
                if let failure = state.parser.failure { throw failure }
                if let end = state.end { throw WarrenTestingError(.peerClosed, "the connection is over (\(end))") }
                return nil
            }
        }

        private func close(_ closing: Closing) {
            state.withLock { $0.closing = closing }
            waker.wake()
        }

        private func setReading(_ isReading: Bool) {
            state.withLock { $0.isReading = isReading }
            waker.wake()
        }

        private func read(_ descriptor: Descriptor) {
            var buffer = [UInt8](repeating: 0, count: Self.readSize)
            let count = unsafe buffer.withUnsafeMutableBytes { buffer in
                unsafe recv(descriptor.number, buffer.baseAddress, buffer.count, 0)
            }
            if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
            guard count > 0 else {
                end(count == 0 ? .closedByClient : .resetByClient)
                return
            }
            let hasNews = state.withLock { state in
                state.bytesReceived += count
                let frames = state.parser.feed(buffer[..<count])
                state.frames += frames
                return !frames.isEmpty || state.parser.failure != nil
            }
            if hasNews { bell.ring() }
        }

        /// Writes what there is room for; `true` when it may be worth another try.
        private func write(_ descriptor: Descriptor) -> Bool {
            let (bytes, written) = state.withLock { state in
                if state.written == state.writing.count {
                    state.writing = state.outbox
                    state.outbox = []
                    state.written = 0
                }
                return (state.writing, state.written)
            }
            guard written < bytes.count else { return false }
            let count = unsafe bytes.withUnsafeBytes { buffer in
                unsafe Glibc.send(
                    descriptor.number,
                    buffer.baseAddress?.advanced(by: written),
                    buffer.count - written,
                    Int32(MSG_NOSIGNAL)
                )
            }
            if count > 0 {
                state.withLock { $0.written += count }
                return true
            }
            if errno != EAGAIN && errno != EINTR { end(.resetByClient) }
            return false
        }

        private func end(_ end: End) {
            state.withLock { state in
                if state.end == nil { state.end = end }
                state.descriptor = nil
                (state.outbox, state.writing, state.written) = ([], [], 0)
            }
            bell.ring()
        }
    }
}
