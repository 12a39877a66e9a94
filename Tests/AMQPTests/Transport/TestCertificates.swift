import AMQP
import Foundation
import Testing

/// Certificates made by the `openssl` command, in a temporary folder that goes away with the value.
final class TestCertificates: Sendable {
    struct Pair: Sendable {
        let certificate: String
        let key: String
    }

    private let folder: String

    /// The authority that signs, and one that nobody trusts.
    let authority: Pair
    let otherAuthority: Pair

    init() async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("warren-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        authority = Pair(certificate: "\(folder)/ca.pem", key: "\(folder)/ca.key")
        otherAuthority = Pair(certificate: "\(folder)/other.pem", key: "\(folder)/other.key")
        for pair in [authority, otherAuthority] {
            try await openssl(
                ["req", "-x509", "-subj", "/CN=Test authority", "-days", "1"]
                    + newKey(pair.key) + ["-out", pair.certificate]
            )
        }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    var trusting: AMQPTLSConfiguration { AMQPTLSConfiguration(trustRoots: .file(authority.certificate)) }

    /// A certificate for the names, as OpenSSL writes them: `DNS:a.example,IP:127.0.0.1`; `nil` for none.
    func issue(
        _ alternativeNames: String?,
        commonName: String = "test",
        by issuer: Pair? = nil,
        days: Int = 1
    ) async throws -> Pair {
        let issuer = issuer ?? authority
        let name = "\(folder)/\(UUID().uuidString)"
        let pair = Pair(certificate: "\(name).pem", key: "\(name).key")
        try await openssl(
            ["req", "-new", "-subj", "/CN=\(commonName)", "-out", "\(name).csr"] + newKey(pair.key)
                + (alternativeNames.map { ["-addext", "subjectAltName=\($0)"] } ?? [])
        )
        try await openssl([
            "x509", "-req", "-in", "\(name).csr", "-CA", issuer.certificate, "-CAkey", issuer.key,
            "-copy_extensions", "copy", "-days", String(days), "-out", pair.certificate,
        ])
        return pair
    }

    /// The same key, encrypted.
    func encrypt(_ key: String, passphrase: String) async throws -> String {
        let encrypted = "\(folder)/\(UUID().uuidString).key"
        try await openssl(["pkey", "-in", key, "-aes256", "-passout", "pass:\(passphrase)", "-out", encrypted])
        return encrypted
    }

    /// A file with this text.
    func file(_ text: String) throws -> String {
        let path = "\(folder)/\(UUID().uuidString).txt"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private func newKey(_ path: String) -> [String] {
        ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", path]
    }
}

/// Runs the `openssl` command to its end.
private func openssl(_ arguments: [String]) async throws {
    try await onThread {
        let process = try ChildProcess(["openssl"] + arguments)
        let text = String(decoding: process.readToEnd(), as: UTF8.self)
        try #require(process.wait() == 0, "openssl \(arguments.joined(separator: " ")): \(text)")
    }
}
