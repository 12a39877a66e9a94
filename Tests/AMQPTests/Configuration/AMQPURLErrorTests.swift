import AMQP
import Testing

@Suite("A bad AMQP URL")
struct AMQPURLErrorTests {
    @Test(
        "is an error that says where and what was expected",
        arguments: [
            ("", "byte 0: expected amqp:// or amqps://"),
            ("http://h", "byte 0: expected amqp:// or amqps://"),
            ("amqp:/h", "byte 0: expected amqp:// or amqps://"),
            (" amqp://h", "byte 0: spaces and control characters must be percent-encoded"),
            ("amqp://h/a b", "byte 10: spaces and control characters must be percent-encoded"),
            ("amqp://h\n", "byte 8: spaces and control characters must be percent-encoded"),
            // User and password
            ("amqp://a@b@h", "byte 8: more than one '@': inside a user name or password it is written %40"),
            ("amqp://u:p:w@h", "byte 10: a ':' inside a user name or password is written %3A"),
            ("amqp://u:%4@h", "byte 9: expected two hexadecimal digits after '%'; a '%' itself is written %25"),
            ("amqp://u:100%@h", "byte 12: expected two hexadecimal digits after '%'; a '%' itself is written %25"),
            ("amqp://%zz@h", "byte 7: expected two hexadecimal digits after '%'; a '%' itself is written %25"),
            ("amqp://u:%ff@h", "byte 9: the percent-encoded bytes are not UTF-8"),
            ("amqp://u:a%00b@h", "byte 9: a user name or password cannot hold the character NUL (%00)"),
            // Hosts
            ("amqp://a,,b", "byte 9: expected a host between the commas"),
            ("amqp://,a", "byte 7: expected a host between the commas"),
            ("amqp://a,", "byte 9: expected a host between the commas"),
            ("amqp://a,:1", "byte 9: expected a host between the commas"),
            ("amqp://h:", "byte 9: expected a port from 1 to 65535"),
            ("amqp://h:0", "byte 9: expected a port from 1 to 65535"),
            ("amqp://h:65536", "byte 9: expected a port from 1 to 65535"),
            ("amqp://h:99999999999999999999", "byte 9: expected a port from 1 to 65535"),
            ("amqp://h:+1", "byte 9: expected a port from 1 to 65535"),
            ("amqp://h:1x", "byte 9: expected a port from 1 to 65535"),
            ("amqp://::1", "byte 7: more than one ':' in a host: an IPv6 address is written in brackets"),
            ("amqp://[::1", "byte 7: expected ']' after the IPv6 address"),
            ("amqp://[]", "byte 8: expected an IPv6 address between the brackets"),
            ("amqp://[::g]", "byte 8: expected an IPv6 address between the brackets"),
            ("amqp://[127.0.0.1]", "byte 8: expected an IPv6 address between the brackets"),
            ("amqp://[::1]5", "byte 12: expected ':' and a port, or the end of the host, after ']'"),
            ("amqp://[::1]:", "byte 13: expected a port from 1 to 65535"),
            ("amqp://a%3Ab", "byte 7: the host holds a character that no host name has"),
            ("amqp://a%00", "byte 7: the host holds a character that no host name has"),
            ("amqp://a]", "byte 7: the host holds a character that no host name has"),
            // Virtual host
            ("amqp://h/a/b", "byte 10: a '/' inside the virtual host is written %2F"),
            ("amqp://h//", "byte 9: a '/' inside the virtual host is written %2F"),
            ("amqp://h/a#b", "byte 10: a '#' has no meaning here; inside a name or password it is written %23"),
            // Options
            ("amqp://h?heartbeat", "byte 9: expected an option as name=value"),
            ("amqp://h?heartbeat=1&", "byte 21: expected an option as name=value"),
            ("amqp://h?heartbeat=1&heartbeat=1", "byte 21: option 'heartbeat' is given twice"),
            ("amqp://h?heartbeat=", "byte 19: expected a value for option 'heartbeat'"),
            ("amqp://h?heartbeat=-1", "byte 19: option 'heartbeat': expected a whole number from 0 to 65535"),
            ("amqp://h?heartbeat=65536", "byte 19: option 'heartbeat': expected a whole number from 0 to 65535"),
            ("amqp://h?heartbeat=5s", "byte 19: option 'heartbeat': expected a whole number from 0 to 65535"),
            (
                "amqp://h?connection_timeout=0",
                "byte 28: option 'connection_timeout': expected a whole number from 1 to 86400000"
            ),
            ("amqp://h?channel_max=65536", "byte 21: option 'channel_max': expected a whole number from 0 to 65535"),
            ("amqp://h?frame_max=4095", "byte 19: option 'frame_max': expected a whole number from 4096 to 16777216"),
            ("amqp://h?auth_mechanism=amqplain", "byte 24: option 'auth_mechanism': expected external or plain"),
            ("amqps://h?verify=yes", "byte 17: option 'verify': expected verify_none or verify_peer"),
            ("amqps://h?keyfile=/k", "byte 18: option 'keyfile' needs option 'certfile' too"),
            ("amqp://h?cacertfile=/c", "byte 20: option 'cacertfile' needs an amqps:// URL"),
            ("amqp://h?verify=verify_none", "byte 16: option 'verify' needs an amqps:// URL"),
        ]
    )
    func message(text: String, problem: String) throws {
        let error = try #require(throws: AMQPError.self) { try AMQPURL(text) }
        #expect(error.code == .invalidURL)
        #expect(error.message == "invalid AMQP URL, \(problem)")
    }

    @Test("names an unknown option and those there are")
    func unknownOption() throws {
        let error = try #require(throws: AMQPError.self) { try AMQPURL("amqp://h?hartbeat=5") }
        #expect(error.message.hasPrefix("invalid AMQP URL, byte 9: unknown option 'hartbeat'; known are heartbeat, "))
    }

    @Test("refuses names that are too long for the protocol")
    func tooLong() throws {
        let longest = String(repeating: "v", count: 255)
        #expect(try AMQPURL("amqp://h/\(longest)?connection_name=\(longest)").vhost == longest)
        #expect(throws: AMQPError.self) { try AMQPURL("amqp://h/\(longest)v") }
        #expect(throws: AMQPError.self) { try AMQPURL("amqp://h?connection_name=\(longest)v") }
    }

    @Test(
        "never tells a password, wherever its unescaped characters have put it",
        arguments: [
            "/", "?", "#", "@", ":", ",", "[", "]", "%", "&", "=", " ", "\\", "\u{0}", "ö", "1/", "1?", "1?a=", "1#",
        ]
    )
    func leaks(special: String) {
        for password in ["s3cr3t\(special)s3cr3t", "\(special)s3cr3t", "1\(special)s3cr3t", "s3cr3t\(special)"] {
            for rest in ["@h/v", "@h", "@h/v?heartbeat=x", "@h/v?unknown=1", "@h:0"] {
                do {
                    _ = try AMQPURL("amqp://bob:\(password)\(rest)")
                } catch {
                    #expect(!error.description.contains("s3cr3t"))
                    #expect(!error.debugDescription.contains("s3cr3t"))
                }
            }
        }
    }
}
