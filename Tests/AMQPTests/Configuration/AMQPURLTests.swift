import AMQP
import Testing

@Suite("An AMQP URL")
struct AMQPURLTests {
    @Test("describe their times in whole units, rounded up, that can be read again")
    func describedTimes() throws {
        var url = try AMQPURL("amqp://h")
        url.heartbeat = .milliseconds(500)
        url.connectionTimeout = .microseconds(2_500_100)
        #expect(url.description.hasSuffix("?heartbeat=1&connection_timeout=2501"))
        #expect(try AMQPURL(url.description).connectionTimeout == .milliseconds(2501))
    }

    @Test("has defaults for all that may be left out", arguments: ["amqp://", "amqp://localhost", "AMQP://localhost/"])
    func defaults(text: String) throws {
        let url = try AMQPURL(text)
        #expect(url.user == "guest")
        #expect(url.password == "guest")
        #expect(url.hosts == [.init(name: "localhost", port: 5672)])
        #expect(url.vhost == "/")
        #expect(url.tls == nil)
        #expect(url.heartbeat == nil && url.connectionTimeout == nil)
        #expect(url.channelMax == nil && url.frameMax == nil)
        #expect(url.authMechanism == nil && url.connectionName == nil)
    }

    @Test("has its own port and TLS settings with amqps")
    func secure() throws {
        let url = try AMQPURL("amqps://broker.example")
        #expect(url.hosts == [.init(name: "broker.example", port: 5671)])
        #expect(url.tls == AMQPTLSConfiguration())
    }

    @Test(
        "has user and password percent-decoded",
        arguments: [
            ("amqp://bob:pw@h", "bob", "pw"),
            ("amqp://bob@h", "bob", "guest"),
            ("amqp://:@h", "", ""),
            ("amqp://b%40b:p%3A%2F%3F%23%5B%5D%40%25w@h", "b@b", "p:/?#[]@%w"),
            ("amqp://b%c3%b6b:%F0%9F%90%87@h", "böb", "🐇"),
            ("amqp://böb:a+b@h", "böb", "a+b"),
        ]
    )
    func credentials(text: String, user: String, password: String) throws {
        let url = try AMQPURL(text)
        #expect(url.user == user)
        #expect(url.password == password)
    }

    @Test(
        "has the virtual host of its path",
        arguments: [
            ("amqp://h", "/"), ("amqp://h/", "/"), ("amqp://h/%2f", "/"), ("amqp://h/%2F", "/"),
            ("amqp://h/a%2f", "a/"), ("amqp://h/%2fa", "/a"), ("amqp://h/orders", "orders"),
            ("amqp:///orders", "orders"),
            ("amqp://h/a%20b", "a b"), ("amqp://h/a@b:c", "a@b:c"), ("amqp://h?heartbeat=1", "/"),
            ("amqp://h/?", "/"), ("amqp://h/v?heartbeat=1", "v"), ("amqp://h?connection_name=a/b", "/"),
        ]
    )
    func vhost(text: String, vhost: String) throws {
        #expect(try AMQPURL(text).vhost == vhost)
    }

    @Test(
        "has one host or several, each with its own port",
        arguments: [
            ("amqp://a.example:1", ["a.example:1"]),
            ("amqp://a.example:65535/v", ["a.example:65535"]),
            ("amqps://a,b:7,c", ["a:5671", "b:7", "c:5671"]),
            (
                "amqp://u:p@a:1,[2001:db8::1]:2,[::1],127.0.0.1",
                ["a:1", "[2001:db8::1]:2", "[::1]:5672", "127.0.0.1:5672"]
            ),
            ("amqp://[fe80::1%25eth0]:1", ["[fe80::1%eth0]:1"]),
            ("amqp://%61%2eexample", ["a.example:5672"]),
            ("amqp://:1", ["localhost:1"]),
            ("amqp://bob@:1", ["localhost:1"]),
        ]
    )
    func hosts(text: String, hosts: [String]) throws {
        #expect(try AMQPURL(text).hosts.map(\.description) == hosts)
    }

    @Test("has the options of its query")
    func options() throws {
        let url = try AMQPURL(
            "amqp://h/v?heartbeat=10&connection_timeout=2500&channel_max=100&frame_max=131072"
                + "&auth_mechanism=EXTERNAL&connection_name=billing%20%26%20co"
        )
        #expect(url.heartbeat == .seconds(10))
        #expect(url.connectionTimeout == .milliseconds(2500))
        #expect(url.channelMax == 100)
        #expect(url.frameMax == 131_072)
        #expect(url.authMechanism == .external)
        #expect(url.connectionName == "billing & co")
        #expect(try AMQPURL("amqp://h?heartbeat=0&auth_mechanism=plain").heartbeat == .zero)
        #expect(try AMQPURL("amqp://h?heartbeat=0&auth_mechanism=plain").authMechanism == .plain)
    }

    @Test("has the TLS options of its query")
    func tlsOptions() throws {
        let url = try AMQPURL(
            "amqps://h?cacertfile=/etc/ca.pem&certfile=/etc/me.pem&keyfile=%2Fetc%2Fme.key"
                + "&verify=verify_none&server_name_indication=broker.example"
        )
        #expect(
            url.tls
                == AMQPTLSConfiguration(
                    trustRoots: .file("/etc/ca.pem"),
                    clientCertificate: .init(chainFile: "/etc/me.pem", keyFile: "/etc/me.key"),
                    serverName: "broker.example",
                    verification: .insecureNone
                )
        )
        #expect(try AMQPURL("amqps://h?verify=verify_peer").tls == AMQPTLSConfiguration())
        #expect(try AMQPURL("amqps://h?certfile=/a.pem").tls?.clientCertificate == .init(chainFile: "/a.pem"))
    }

    @Test("never shows its password, however it is printed")
    func redacted() throws {
        var url = try AMQPURL("amqp://bob:s3cr3t@h:1,[::1]/a%2f?heartbeat=5")
        #expect(url.description == "amqp://bob:***@h:1,[::1]:5672/a%2F?heartbeat=5")
        #expect(url.password == "s3cr3t")
        for _ in 0..<2 {
            var printed = "\(url) \(String(reflecting: url)) \([url]) \(Optional(url) as Any)"
            dump(url, to: &printed)
            dump((nested: [url], 1), to: &printed)
            #expect(!printed.contains("s3cr3t"))
            url.password = "other s3cr3t"
        }
    }

    @Test("never shows the passphrase of a key")
    func passphrase() {
        let client = AMQPTLSConfiguration.ClientCertificate(chainFile: "/a.pem", passphrase: "s3cr3t")
        let configuration = AMQPTLSConfiguration(clientCertificate: client)
        var printed = "\(configuration) \(String(reflecting: configuration))"
        dump(configuration, to: &printed)
        #expect(!printed.contains("s3cr3t"))
        #expect(printed.contains("/a.pem"))
        #expect(client.passphrase == "s3cr3t")
    }
}
