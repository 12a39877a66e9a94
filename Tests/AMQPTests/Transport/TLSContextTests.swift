import AMQP
import Foundation
import Testing

@Suite("A TLS context", .timeLimit(.minutes(1)))
struct TLSContextTests {
    private let certificates: TestCertificates

    init() async throws {
        certificates = try await TestCertificates()
    }

    /// The message of the error that the configuration ends with.
    private func refusal(_ configuration: AMQPTLSConfiguration) throws -> String {
        let error = try #require(throws: AMQPError.self) { try TLSContext(configuration) }
        #expect(error.code == .invalidConfiguration)
        return error.message
    }

    @Test("is made from the defaults")
    func defaults() throws {
        let context = try TLSContext(AMQPTLSConfiguration())
        #expect(context.serverName == nil)
    }

    @Test("names the file of trust roots that cannot be read, and why")
    func trustRoots() throws {
        #expect(
            try refusal(AMQPTLSConfiguration(trustRoots: .file("/nowhere/ca.pem")))
                == "cannot read trust roots from '/nowhere/ca.pem': No such file or directory"
        )
        let text = try certificates.file("this is no certificate")
        let message = try refusal(AMQPTLSConfiguration(trustRoots: .file(text)))
        #expect(message.hasPrefix("cannot read trust roots from '\(text)': "))
        #expect(!message.hasSuffix("no reason given"))
    }

    @Test("takes PEM text with one certificate or more, and refuses text without or with a broken one")
    func pem() throws {
        let one = try String(contentsOfFile: certificates.authority.certificate, encoding: .utf8)
        let other = try String(contentsOfFile: certificates.otherAuthority.certificate, encoding: .utf8)
        _ = try TLSContext(AMQPTLSConfiguration(trustRoots: .pem(one)))
        _ = try TLSContext(AMQPTLSConfiguration(trustRoots: .pem("# two\n\(one)\n\(other)# end\n")))
        for empty in ["", "hello"] {
            #expect(
                try refusal(AMQPTLSConfiguration(trustRoots: .pem(empty)))
                    == "the PEM text given as trust roots holds no certificate"
            )
        }
        let broken = "-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n"
        let message = try refusal(AMQPTLSConfiguration(trustRoots: .pem(one + broken)))
        #expect(message.hasPrefix("certificate 2 of the PEM text given as trust roots: "))
    }

    @Test("names the client's certificate or key file that cannot be read, and why")
    func clientFiles() async throws {
        let pair = try await certificates.issue("DNS:client.example")
        #expect(
            try refusal(AMQPTLSConfiguration(clientCertificate: .init(chainFile: "/nowhere/a.pem", keyFile: pair.key)))
                == "cannot read the client certificate from '/nowhere/a.pem': No such file or directory"
        )
        let missing = AMQPTLSConfiguration.ClientCertificate(chainFile: pair.certificate, keyFile: "/nowhere/a.key")
        #expect(
            try refusal(AMQPTLSConfiguration(clientCertificate: missing))
                == "cannot read the private key '/nowhere/a.key': No such file or directory"
        )
    }

    @Test("refuses a key that is not the certificate's")
    func mismatch() async throws {
        let one = try await certificates.issue("DNS:one.example")
        let other = try await certificates.issue("DNS:other.example")
        let mixed = AMQPTLSConfiguration.ClientCertificate(chainFile: one.certificate, keyFile: other.key)
        #expect(
            try refusal(AMQPTLSConfiguration(clientCertificate: mixed))
                == "cannot use the key '\(other.key)' with the certificate '\(one.certificate)': key values mismatch"
        )
    }

    @Test("takes both from one file")
    func oneFile() async throws {
        let pair = try await certificates.issue("DNS:client.example")
        let both = try certificates.file(
            String(contentsOfFile: pair.certificate, encoding: .utf8)
                + String(contentsOfFile: pair.key, encoding: .utf8)
        )
        _ = try TLSContext(AMQPTLSConfiguration(clientCertificate: .init(chainFile: both)))
    }

    @Test("opens an encrypted key with its passphrase, never asks a terminal, and never tells the passphrase")
    func passphrase() async throws {
        let pair = try await certificates.issue("DNS:client.example")
        let key = try await certificates.encrypt(pair.key, passphrase: "s3cr3t")
        var client = AMQPTLSConfiguration.ClientCertificate(
            chainFile: pair.certificate,
            keyFile: key,
            passphrase: "s3cr3t"
        )
        _ = try TLSContext(AMQPTLSConfiguration(clientCertificate: client))
        client.passphrase = "wr0ng"
        let wrong = try refusal(AMQPTLSConfiguration(clientCertificate: client))
        #expect(wrong.hasPrefix("cannot read the private key '\(key)': "))
        #expect(wrong.hasSuffix("(is the passphrase right?)"))
        #expect(!wrong.contains("wr0ng"))
        client.passphrase = nil
        #expect(
            try refusal(AMQPTLSConfiguration(clientCertificate: client))
                .hasSuffix("(if it is encrypted, it needs its passphrase)")
        )
    }
}
