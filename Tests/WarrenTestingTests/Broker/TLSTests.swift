import Foundation
import Testing

@testable import WarrenTesting

@Suite("The TLS listener of a broker")
struct TLSTests {
    @Test("shows its certificate, and lets in only who shows one of its own")
    func mutual() async throws {
        let folder = try TemporaryFolder()
        try makeCertificates(in: folder)
        let (certificate, key) = (folder.path(of: "certificate.pem"), folder.path(of: "key.pem"))
        let authority = folder.path(of: "authority.pem")
        var options = LocalBroker.Options()
        options.tls = LocalBroker.TLS(
            authorityFile: authority,
            certificateFile: certificate,
            keyFile: key,
            clients: .mustShowCertificate
        )
        try await LocalBroker.withBroker(options: options) { broker in
            let port = try #require(broker.tlsPort)
            #expect(broker.tlsURL == "amqps://guest:guest@localhost:\(port)")
            #expect(try BrokerProbe.answers(port: broker.port))
            #expect(try await BlockingCall.run("probe") { try !BrokerProbe.answers(port: port) })

            let client = ["s_client", "-connect", "127.0.0.1:\(port)", "-CAfile", authority, "-tls1_2"]
            let without = try run(client)
            #expect(!without.succeeded)
            #expect(without.output.contains("alert handshake failure"))
            let with = try run(client + ["-cert", certificate, "-key", key])
            #expect(with.succeeded)
            #expect(with.output.contains("Verify return code: 0 (ok)"))
        }
    }
}

/// An authority, and a certificate for localhost that it signs.
private func makeCertificates(in folder: TemporaryFolder) throws {
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    let (authority, authorityKey) = (folder.path(of: "authority.pem"), folder.path(of: "authority-key.pem"))
    let (certificate, key) = (folder.path(of: "certificate.pem"), folder.path(of: "key.pem"))
    for arguments in [
        ["-subj", "/CN=authority", "-keyout", authorityKey, "-out", authority],
        [
            "-CA", authority, "-CAkey", authorityKey, "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
            "-keyout", key, "-out", certificate,
        ],
    ] {
        let made = try run(new + arguments)
        try #require(made.succeeded, "\(made.output)")
    }
}

/// Runs openssl with an empty input.
private func run(_ arguments: [String]) throws -> (output: String, succeeded: Bool) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    try process.run()
    let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (String(decoding: output, as: UTF8.self), process.terminationStatus == 0)
}
