import WarrenRuntime

/// Drives the handshake over a fresh transport, within a deadline.
struct ConnectionOpening: ~Copyable {
    private let connection: Connection
    private let transport: Transport
    private let host: String
    private let deadline: MonotonicTime
    private var handshake: Handshake
    private var parser: FrameParser?
    private var methods = MethodDecoder()
    private var encoder = MethodEncoder()

    init(_ connection: Connection, _ transport: Transport, _ login: Login, deadline: MonotonicTime) {
        self.connection = connection
        self.transport = transport
        self.host = login.host
        self.deadline = deadline
        handshake = Handshake(login)
        parser = FrameParser(frameMax: connection.settings.frameMax)
    }

    mutating func run() throws(AMQPError) -> Handshake.Negotiated {
        var output = OutgoingBytes()
        output.bytes.append(FrameFormat.protocolHeader)
        while true {
            try write(&output)
            let method = try nextMethod()
            switch handshake.received(method) {
            case .send(let methods):
                for method in methods {
                    try encoder.append(
                        method,
                        channel: 0,
                        frameMax: connection.settings.frameMax,
                        to: &output.bytes
                    )
                }
            case .opened(let negotiated):
                parser?.frameMax = Int(negotiated.tuning.frameMax)
                return negotiated
            case .fail(let error):
                if case .connectionClose = method {
                    try? encoder.append(.connectionCloseOK, channel: 0, frameMax: 4096, to: &output.bytes)
                    _ = output.write(to: transport)
                }
                throw error
            }
        }
    }

    /// The parser, with what came behind the handshake.
    consuming func takeParser() -> FrameParser {
        parser.take() ?? FrameParser(frameMax: connection.settings.frameMax)
    }

    private mutating func nextMethod() throws(AMQPError) -> ServerMethod {
        while true {
            do throws(WireError) {
                while let frame = try parser?.next() {
                    if frame.type == FrameFormat.heartbeat { continue }
                    guard frame.type == FrameFormat.method, frame.channel == 0 else {
                        throw WireError("a frame of type \(frame.type) on channel \(frame.channel)")
                    }
                    return unsafe try methods.decode(frame.payload)
                }
            } catch {
                throw AMQPError(.protocolViolation, "\(host) does not speak AMQP 0-9-1: it sent \(error.message)")
            }
            try read()
        }
    }

    private mutating func read() throws(AMQPError) {
        // A peer that never falls silent never makes us wait.
        try checkTime()
        let result = unsafe parser?.fill { [transport] buffer in unsafe transport.read(into: buffer) } ?? .endOfStream
        switch result {
        case .bytes: return
        case .wouldBlock: try waitUntil(writable: false)
        case .endOfStream: throw handshake.endOfStream()
        case .failed(let reason): throw broken(reason)
        }
    }

    private mutating func write(_ output: inout OutgoingBytes) throws(AMQPError) {
        while true {
            switch output.write(to: transport) {
            case .done:
                output.reset(keeping: 4096)
                guard transport.hasBufferedOutput else { return }
                if case .failed(let reason) = transport.flush() { throw broken(reason) }
                guard transport.hasBufferedOutput else { return }
                try waitUntil(writable: true)
            case .blocked: try waitUntil(writable: true)
            case .failed(let reason): throw broken(reason)
            }
        }
    }

    private func broken(_ reason: String) -> AMQPError {
        let code: AMQPError.Code = transport.hasFailedInTLS ? .tlsFailed : .unreachable
        return AMQPError(code, "the connection to \(host) failed \(handshake.step): \(reason)")
    }

    private func waitUntil(writable: Bool) throws(AMQPError) {
        try checkTime()
        let timeout = connection.clock.blockingTimeout(until: deadline)
        _ = connection.waker.wait(on: transport.descriptor, writable: writable, timeout: timeout)
        try checkTime()
    }

    private func checkTime() throws(AMQPError) {
        if connection.core.withLock({ $0.phase == .closing }) {
            throw AMQPError(.closed, "the client is closing")
        }
        guard connection.clock.now < deadline else {
            throw AMQPError(
                .unreachable,
                "\(host) accepted the connection but did not answer in time \(handshake.step)"
            )
        }
    }
}
