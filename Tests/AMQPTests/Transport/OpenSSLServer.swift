import Testing
import WarrenRuntime

/// `openssl s_server` on a free port of the loopback.
///
/// It takes one client, prints what that sends among words of its own, and sends what is written to its input.
final class OpenSSLServer: Sendable {
    let port: UInt16
    private let process: ChildProcess

    init(_ certificate: TestCertificates.Pair, _ options: [String] = []) throws {
        process = try ChildProcess(
            ["openssl", "s_server", "-accept", "127.0.0.1:0", "-naccept", "1"]
                + ["-cert", certificate.certificate, "-key", certificate.key] + options
        )
        // "ACCEPT 127.0.0.1:40123"
        var text = ""
        while !text.hasSuffix("\n") || !text.contains("ACCEPT") {
            let more = process.read()
            try #require(!more.isEmpty, "openssl s_server ended: \(text)")
            text += String(decoding: more, as: UTF8.self)
        }
        let digits = text.reversed().drop { !$0.isNumber }.prefix { $0.isNumber }
        port = try #require(UInt16(String(digits.reversed())))
    }

    /// Has it send these bytes.
    func send(_ bytes: [UInt8]) throws {
        try process.write(bytes)
    }

    func send(_ text: String) throws {
        try send(Array(text.utf8))
    }

    /// Everything it prints from now until it ends, which it does when the client has gone.
    func readToEnd() -> [UInt8] {
        process.readToEnd()
    }

    /// Takes its prints away as they come, so that it never waits for room in the pipe.
    func discardOutput() throws {
        let process = process
        try IOThread.start(name: "discard") { while !process.read().isEmpty {} }
    }

    /// Ends it in the middle of whatever it does.
    func kill() {
        process.kill()
    }
}
