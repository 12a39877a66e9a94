import AMQP
import Foundation
import Testing
import WarrenTesting

@Suite("The TLS handshake", .timeLimit(.minutes(1)))
struct TLSHandshakeTests {
    private let certificates: TestCertificates

    init() async throws {
        certificates = try await TestCertificates()
    }

    /// Connects to a fresh server; the transport must work.
    private func succeed(
        _ certificate: TestCertificates.Pair,
        _ options: [String] = [],
        tls: AMQPTLSConfiguration,
        serverName: String? = nil
    ) async throws {
        try await onThread {
            let server = try OpenSSLServer(certificate, options)
            let transport = try TestConnecting().connect(port: server.port, tls: tls, serverName: serverName)
            #expect(!transport.isPlain)
            try server.discardOutput()
            try server.send("hello")
            #expect(try transport.receive(5) == Array("hello".utf8))
        }
    }

    /// Connects to a fresh server; the result must be a TLS error, whose message is returned.
    private func fail(
        _ certificate: TestCertificates.Pair,
        _ options: [String] = [],
        tls: AMQPTLSConfiguration,
        serverName: String? = nil
    ) async throws -> String {
        let server = try await onThread { try OpenSSLServer(certificate, options) }
        try server.discardOutput()
        let error = try await connectError(port: server.port, tls: tls, serverName: serverName)
        #expect(error.kind == .tls)
        let prefix = "TLS with 127.0.0.1:\(server.port) failed: "
        #expect(error.message.hasPrefix(prefix))
        return String(error.message.dropFirst(prefix.count))
    }

    // MARK: - Names

    @Test("A certificate for the name is good, for another it is refused and both names are told")
    func hostName() async throws {
        let certificate = try await certificates.issue("DNS:broker.example,DNS:*.cluster.example")
        try await succeed(certificate, tls: certificates.trusting, serverName: "broker.example")
        try await succeed(certificate, tls: certificates.trusting, serverName: "Broker.Example.")
        try await succeed(certificate, tls: certificates.trusting, serverName: "a.cluster.example")
        let reason = "the certificate is for 'broker.example', '*.cluster.example', not for"
        for name in ["other.example", "cluster.example", "a.b.cluster.example", "broker.example.evil"] {
            #expect(
                try await fail(certificate, tls: certificates.trusting, serverName: name) == "\(reason) '\(name)'"
            )
        }
    }

    @Test("An IP address is checked against the certificate's addresses, never against its names")
    func address() async throws {
        let named = try await certificates.issue("DNS:127.0.0.1,DNS:localhost", commonName: "127.0.0.1")
        #expect(
            try await fail(named, tls: certificates.trusting)
                == "the certificate is for '127.0.0.1', 'localhost', not for '127.0.0.1'"
        )
        let addressed = try await certificates.issue("IP:127.0.0.1,IP:::1")
        try await succeed(addressed, tls: certificates.trusting)
        try await succeed(addressed, tls: certificates.trusting, serverName: "::1")
        #expect(
            try await fail(addressed, tls: certificates.trusting, serverName: "127.0.0.2")
                == "the certificate is for 127.0.0.1, 0:0:0:0:0:0:0:1, not for '127.0.0.2'"
        )
    }

    @Test("The common name counts only where there is no alternative name")
    func commonName() async throws {
        let old = try await certificates.issue(nil, commonName: "broker.example")
        try await succeed(old, tls: certificates.trusting, serverName: "broker.example")
        #expect(
            try await fail(old, tls: certificates.trusting, serverName: "other.example")
                == "the certificate is for 'broker.example', not for 'other.example'"
        )
        let new = try await certificates.issue("DNS:a.example", commonName: "broker.example")
        #expect(
            try await fail(new, tls: certificates.trusting, serverName: "broker.example")
                == "the certificate is for 'a.example', not for 'broker.example'"
        )
    }

    @Test("The configuration's server name takes the place of the host")
    func configuredName() async throws {
        let certificate = try await certificates.issue("DNS:broker.example")
        var tls = certificates.trusting
        tls.serverName = "broker.example"
        try await succeed(certificate, tls: tls)
    }

    @Test("An empty server name, and one with a NUL in it, are refused: they would switch the check off")
    func badNames() async throws {
        let listener = try TestListener()
        for name in ["", ".", "broker.example\0.evil"] {
            let error = try await connectError(port: listener.port, tls: certificates.trusting, serverName: name)
            #expect(error.kind == .tls)
            #expect(error.message.hasSuffix("cannot be the name of a server"))
        }
    }

    @Test("SNI carries the name, and is absent for an address")
    func serverNameIndication() async throws {
        for (name, isSent) in [("broker.example", true), ("127.0.0.1", false), ("::1", false)] {
            let listener = try TestListener()
            let connecting = try TestConnecting()
            async let failure = onThread {
                try #require(throws: TransportError.self) {
                    try connecting.connect(port: listener.port, tls: certificates.trusting, serverName: name)
                }
            }
            let (peer, hello) = try await onThread {
                let peer = try listener.accept()
                return (peer, try peer.receive())
            }
            connecting.stop()
            #expect(try await failure.kind == .interrupted)
            #expect(hello.contains(Array(name.utf8)) == isSent)
            withExtendedLifetime(peer) {}
        }
    }

    // MARK: - Trust

    @Test("An authority that is not trusted is refused, and the error says who is trusted")
    func unknownAuthority() async throws {
        let foreign = try await certificates.issue("IP:127.0.0.1", by: certificates.otherAuthority)
        #expect(
            try await fail(foreign, tls: certificates.trusting)
                == "the certificate is not signed by \(certificates.trusting.trustRoots): "
                + "unable to get local issuer certificate"
        )
        #expect(
            try await fail(foreign, tls: AMQPTLSConfiguration())
                == "the certificate is not signed by the system's trust roots: unable to get local issuer certificate"
        )
        var trusting = AMQPTLSConfiguration(trustRoots: .file(certificates.otherAuthority.certificate))
        try await succeed(foreign, tls: trusting)
        let pem = try String(contentsOfFile: certificates.otherAuthority.certificate, encoding: .utf8)
        trusting.trustRoots = .pem(pem)
        try await succeed(foreign, tls: trusting)
    }

    @Test("An expired certificate is refused")
    func expired() async throws {
        let expired = try await certificates.issue("IP:127.0.0.1", days: -1)
        let reason = try await fail(expired, tls: certificates.trusting)
        #expect(reason == "the certificate is not valid: certificate has expired")
    }

    @Test("Without the host name check any name will do, but not any authority")
    func noHostName() async throws {
        var tls = certificates.trusting
        tls.verification = .noHostName
        try await succeed(try await certificates.issue("DNS:other.example"), tls: tls)
        let foreign = try await certificates.issue("IP:127.0.0.1", by: certificates.otherAuthority)
        #expect(try await fail(foreign, tls: tls).contains("unable to get local issuer certificate"))
    }

    @Test("Without verification even a foreign, expired certificate is taken")
    func insecure() async throws {
        let bad = try await certificates.issue("DNS:other.example", by: certificates.otherAuthority, days: -1)
        try await succeed(bad, tls: AMQPTLSConfiguration(verification: .insecureNone))
    }

    @Test("A broker that wants a client certificate gets it, and the error hints at it where there is none")
    func mutual() async throws {
        let server = try await certificates.issue("IP:127.0.0.1")
        let client = try await certificates.issue("DNS:client.example")
        let options = ["-Verify", "1", "-CAfile", certificates.authority.certificate, "-verify_return_error"]
        var tls = certificates.trusting
        tls.clientCertificate = .init(chainFile: client.certificate, keyFile: client.key)
        try await succeed(server, options, tls: tls)
        try await succeed(server, options + ["-tls1_2"], tls: tls)
        tls.clientCertificate = nil
        let hint = "the peer refused, perhaps for want of a client certificate it trusts"
        #expect(
            try await fail(server, options + ["-tls1_2"], tls: tls) == "\(hint) (sslv3 alert handshake failure)"
        )
        // In TLS 1.3 the client is done before the server has looked at its certificate: the refusal comes with the
        // first read.
        let refused = try await onThread { [tls] in
            let openssl = try OpenSSLServer(server, options)
            let transport = try TestConnecting().connect(port: openssl.port, tls: tls)
            return try #require(throws: Transport.Broken.self) { try transport.receive(1) }
        }
        #expect(refused.result == .failed("\(hint) (tlsv13 alert certificate required)"))
    }

    // MARK: - Versions

    @Test("TLS 1.2 and 1.3 are spoken, TLS 1.1 is not")
    func versions() async throws {
        let certificate = try await certificates.issue("IP:127.0.0.1")
        try await succeed(certificate, ["-tls1_2"], tls: certificates.trusting)
        try await succeed(certificate, ["-tls1_3"], tls: certificates.trusting)
        let reason = "the peer offers no TLS version that is allowed here"
        #expect(
            try await fail(certificate, ["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"], tls: certificates.trusting)
                == "\(reason), TLS 1.2 or later (tlsv1 alert protocol version)"
        )
        var tls = certificates.trusting
        tls.minimumVersion = .tls13
        try await succeed(certificate, tls: tls)
        #expect(
            try await fail(certificate, ["-tls1_2"], tls: tls)
                == "\(reason), TLS 1.3 or later (tlsv1 alert protocol version)"
        )
    }

    // MARK: - Peers that do not speak TLS

    /// Connects to a peer that reads the client's first message, sends `answer`, and closes or not.
    private func failure(
        answer: [UInt8],
        closing: Bool,
        within limit: Duration = .seconds(10)
    ) async throws -> TransportError {
        let listener = try TestListener()
        async let error = connectError(port: listener.port, tls: certificates.trusting, within: limit)
        let peer = try await onThread {
            let peer = try listener.accept()
            _ = try peer.receive()
            try peer.send(answer)
            return closing ? nil : peer
        }
        let result = try await error
        withExtendedLifetime(peer) {}
        return result
    }

    @Test("A peer that answers with its own protocol is told apart from a TLS failure")
    func plainText() async throws {
        let amqp = try await failure(answer: Array("AMQP".utf8) + [0, 0, 9, 1], closing: true)
        #expect(amqp.kind == .tls)
        #expect(amqp.message.hasSuffix("the peer does not speak TLS on this port (wrong version number)"))
        let http = try await failure(answer: Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), closing: false)
        #expect(http.message.hasSuffix("the peer does not speak TLS on this port (wrong version number)"))
    }

    @Test("Garbage is an error, never a crash or a wait")
    func garbage() async throws {
        var generator = SeededGenerator(seed: 7)
        for _ in 0..<20 {
            // Half of it in the form of a handshake record, so that the parser behind is reached too.
            var bytes = (0..<200).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if Bool.random(using: &generator) { bytes.replaceSubrange(0..<5, with: [22, 3, 3, 0, 195]) }
            let error = try await failure(answer: bytes, closing: true)
            #expect(error.kind == .tls)
        }
    }

    @Test("A peer that closes in the middle of the handshake is an error that says so")
    func closes() async throws {
        let error = try await failure(answer: [22, 3, 3, 0], closing: true)
        #expect(error.kind == .tls)
        #expect(error.message.hasSuffix("the peer closed the connection in the middle of the handshake"))
    }

    @Test("A peer that accepts and stays silent is an error at the deadline")
    func silent() async throws {
        let error = try await failure(answer: [], closing: false, within: .milliseconds(300))
        #expect(error.kind == .timedOut)
        #expect(error.message.hasSuffix("gave up in the TLS handshake"))
    }
}
