import AMQP
import Testing
import WarrenTesting

@Suite("AMQP URLs made at random", .timeLimit(.minutes(1)))
struct AMQPURLFuzzTests {
    /// Percent-encodes every byte: right in any place.
    private func encode(_ text: String) -> String {
        text.utf8.map { "%" + ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func word(_ generator: inout SeededGenerator) -> String {
        let alphabet = Array("aZ09-._~:/?#[]@!$&'()*+,;=% \"<>\\^`{|}ö🐇\t")
        return String(
            (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                alphabet.randomElement(using: &generator) ?? "a"
            }
        )
    }

    @Test("come back as they were made, and once more from their description")
    func roundTrip() throws {
        var generator = SeededGenerator(seed: 1)
        let names = ["a", "broker.example", "10.0.0.1", "[::1]", "[2001:db8::1]", "[fe80::1%25eth0]"]
        for _ in 0..<2000 {
            let user = word(&generator)
            let password = word(&generator)
            let vhost = word(&generator)
            let name = word(&generator)
            let hosts = (0..<Int.random(in: 1...4, using: &generator)).map { _ in
                "\(names.randomElement(using: &generator) ?? "a"):\(UInt16.random(in: 1...65535, using: &generator))"
            }
            let heartbeat = Int.random(in: 0...65535, using: &generator)
            let secure = Bool.random(using: &generator)
            var text = "amqp\(secure ? "s" : "")://\(encode(user)):\(encode(password))@\(hosts.joined(separator: ","))"
            text += "/\(encode(vhost))?heartbeat=\(heartbeat)&connection_name=\(encode(name))&frame_max=8192"
            if secure { text += "&cacertfile=\(encode(word(&generator)))&certfile=\(encode(name))&verify=verify_none" }

            let url = try AMQPURL(text)
            #expect(url.user == user)
            #expect(url.password == password)
            #expect(url.vhost == vhost)
            #expect(url.hosts.map(\.description) == hosts.map { $0.replacing("%25", with: "%") })
            #expect(url.heartbeat == .seconds(heartbeat))
            #expect(url.connectionName == name)
            #expect((url.tls != nil) == secure)

            var again = try AMQPURL(url.description)
            #expect(again.password == "***")
            again.password = password
            #expect(again == url)
        }
    }

    @Test("are parsed or refused, and never trap")
    func fuzz() throws {
        var generator = SeededGenerator(seed: 2)
        let pieces = [
            "amqp", "s", "://", ":", "/", "//", "?", "#", "@", ",", "[", "]", "::1", "%", "%2", "%2f", "%00", "%ff",
            "%C3",
            "%25", "&", "=", "heartbeat", "heartbeat=1", "frame_max=", "verify=verify_none", "certfile=a", "keyfile=b",
            "99999999999999999999", "0", "5672", "-1", "user", "ö", "🐇", " ", "\u{0}", "\n", "connection_timeout=1",
        ]
        var parsed = 0
        for round in 0..<50_000 {
            var text = round % 4 == 0 ? "" : "amqp\(round % 8 < 4 ? "s" : "")://"
            for _ in 0..<Int.random(in: 0...10, using: &generator) {
                text += pieces.randomElement(using: &generator) ?? ""
            }
            let url: AMQPURL
            do {
                url = try AMQPURL(text)
            } catch {
                #expect(error.code == .invalidURL)
                #expect(error.message.hasPrefix("invalid AMQP URL, byte "), "\(text)")
                continue
            }
            parsed += 1
            var again = try AMQPURL(url.description)
            again.password = url.password
            #expect(again == url, "\(text)")
        }
        #expect(parsed > 1000)
    }
}
