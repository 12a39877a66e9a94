import AMQP
import Testing

@Suite("A TLS transport", .timeLimit(.minutes(1)))
struct TLSTransferTests {
    private let certificates: TestCertificates
    private let certificate: TestCertificates.Pair

    init() async throws {
        certificates = try await TestCertificates()
        certificate = try await certificates.issue("IP:127.0.0.1")
    }

    private func open(_ options: [String] = []) throws -> (OpenSSLServer, Transport) {
        let server = try OpenSSLServer(certificate, options)
        return (server, try TestConnecting().connect(port: server.port, tls: certificates.trusting))
    }

    /// Whether the server has printed the payload, whole and in order, between its own words.
    private func printed(_ output: [UInt8], _ payload: [UInt8]) throws -> Bool {
        let start = try #require(output.firstRange(of: payload.prefix(8))).lowerBound
        return output[start...].prefix(payload.count) == payload[...]
    }

    @Test(
        "sends 8 MiB through small socket buffers, partial write by partial write",
        arguments: ["-tls1_2", "-tls1_3"]
    )
    func sends(version: String) async throws {
        let (server, transport) = try await onThread { try open([version]) }
        async let received = onThread { server.readToEnd() }
        let payload = pattern(8 << 20)
        try await onThread {
            transport.shrinkBuffers()
            try transport.sendAll(payload)
            transport.shutdown()
        }
        #expect(try await printed(received, payload))
    }

    @Test("receives 8 MiB through small socket buffers", arguments: [256 << 10, 1000, 1])
    func receives(bufferSize: Int) async throws {
        let (server, transport) = try await onThread { try open() }
        try server.discardOutput()
        // A buffer of one byte shows that nothing is lost between records; it need not be slow as well.
        let payload = pattern(bufferSize == 1 ? 100_000 : 8 << 20)
        async let sent: Void = onThread { try server.send(payload) }
        let received = try await onThread {
            transport.shrinkBuffers()
            return try transport.receive(payload.count, bufferSize: bufferSize)
        }
        try await sent
        #expect(received == payload)
    }

    @Test("takes no more plaintext than its bound while the peer does not read, and loses none of it")
    func bounded() async throws {
        let (server, transport) = try await onThread { try open() }
        let payload = pattern(8 << 20)
        let accepted = try await onThread {
            transport.shrinkBuffers()
            var accepted = 0
            // The server blocks once its output is not taken away; then the kernel's buffers fill, then ours.
            var last = IOResult.bytes(0)
            while accepted < payload.count, case .bytes(let count) = last {
                accepted += count
                last = unsafe payload[accepted...].withUnsafeBytes { unsafe transport.write($0) }
                if last == .wouldBlock, transport.waitForRoom() {
                    last = .bytes(0)
                }
            }
            #expect(last == .wouldBlock)
            #expect(transport.hasBufferedOutput)
            #expect(transport.flush() == .wouldBlock)
            return accepted
        }
        #expect(accepted < payload.count)
        async let received = onThread { server.readToEnd() }
        try await onThread {
            try transport.sendAll(Array(payload[accepted...]))
            #expect(!transport.hasBufferedOutput)
            transport.shutdown()
        }
        #expect(try await printed(received, payload))
    }

    @Test("writes many small vectors as full records, in order")
    func vectors() async throws {
        let (server, transport) = try await onThread { try open() }
        async let received = onThread { server.readToEnd() }
        let payload = pattern(300_000)
        try await onThread {
            var sent = 0
            while sent < payload.count {
                let result = unsafe payload[sent...].withUnsafeBytes { bytes in
                    unsafe transport.writeVectors(cutting: bytes, into: [1, 7, 0, 1000, 40_000, 3])
                }
                guard case .bytes(let count) = result else { throw Transport.Broken(result: result) }
                sent += count
                try transport.sendAll([])
            }
            transport.shutdown()
        }
        #expect(try await printed(received, payload))
    }

    @Test("ends when the peer says close_notify")
    func closeNotify() async throws {
        let (words, rest) = try await onThread {
            let (server, transport) = try open()
            try server.send("last words")
            let words = try transport.receive(10)
            // The command at which it ends the connection in good order.
            try server.send("q\n")
            return (words, try transport.receive())
        }
        #expect(words == Array("last words".utf8))
        #expect(rest == [])
    }

    @Test("announces buffered input when the buffer was too small for a record")
    func bufferedInput() async throws {
        let (server, transport) = try await onThread { try open() }
        try server.send("0123456789")
        let (first, hadMore, second) = try await onThread {
            let first = try transport.receive(4)
            return (first, transport.hasBufferedInput, try transport.receive(6))
        }
        #expect(first == Array("0123".utf8))
        #expect(hadMore)
        #expect(second == Array("456789".utf8))
        #expect(!transport.hasBufferedInput)
    }

    @Test("hands out what the peer said before it took no more")
    func lastWords() async throws {
        let words = try await onThread {
            // In TLS 1.3 there would be tickets to be read before.
            let (server, transport) = try open(["-tls1_2"])
            try server.send("last words")
            #expect(transport.waitForInput())
            server.kill()
            #expect(throws: Transport.Broken.self) {
                while true { try transport.sendAll(pattern(1 << 16)) }
            }
            return try transport.receive(10)
        }
        #expect(words == Array("last words".utf8))
    }

    @Test("reports a broken connection again on every later call")
    func broken() async throws {
        let (server, transport) = try await onThread { try open() }
        try server.discardOutput()
        server.kill()
        let error = try await onThread {
            try #require(throws: Transport.Broken.self) {
                while true { try transport.sendAll(pattern(1 << 16)) }
            }
        }
        guard case .failed(let reason) = error.result else {
            Issue.record("expected a failure, got \(error.result)")
            return
        }
        var buffer = [UInt8](repeating: 0, count: 10)
        #expect(unsafe buffer.withUnsafeMutableBytes { unsafe transport.read(into: $0) } == .failed(reason))
        #expect(unsafe buffer.withUnsafeBytes { unsafe transport.write($0) } == .failed(reason))
        transport.shutdown()
    }
}
