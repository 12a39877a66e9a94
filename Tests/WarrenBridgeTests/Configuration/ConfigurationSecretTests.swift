import AMQP
import Foundation
import Testing
import WarrenBridge
import WarrenTesting

@Suite("Secrets in a configuration")
struct ConfigurationSecretTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func file(_ name: String, _ text: String) throws -> String {
        let path = folder.path(of: name)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    @Test("come from files, without the line end", arguments: ["", "\n", "\r\n"])
    func files(end: String) throws {
        let url = try file("url", "amqp://u:p@h/v\(end)")
        let password = try file("password", "hunter 2 \(end)")
        let token = try file("token", "t0k3n\(end)")
        let webhook = try file("webhook", "https://h/?key=1\(end)")
        let configuration = try ConfigurationText.parsed(
            """
            events: { rabbitmq: { url_file: \(url), password_file: "${FOLDER}/password" } }
            bridge:
              sources: { http: { token_file: \(token) } }
              sinks: [{ name: a, types: [x], webhook: { url_file: \(webhook) } }]
            """,
            environment: ["FOLDER": folder.path]
        )
        #expect(password.hasPrefix(folder.path))
        #expect(configuration.rabbitMQ.url.user == "u" && configuration.rabbitMQ.url.password == "hunter 2 ")
        #expect(configuration.rabbitMQ.url.vhost == "v")
        #expect(configuration.sources.http?.token?.value == "t0k3n")
        #expect(configuration.sinks.map(\.target) == [.webhook(url: SecretURL("https://h/?key=1"))])
    }

    @Test("that cannot be read from their files are errors at their places")
    func badFiles() throws {
        let empty = try file("empty", "\n")
        let long = try file("long", String(repeating: "x", count: 65_537))
        let binary = folder.path(of: "binary")
        try Data([0x61, 0xFF]).write(to: URL(filePath: binary))
        let wrong = try file("wrong", "http://u:hunter2@h")
        func problems(_ path: String) -> [String] {
            ConfigurationText.problems("events: { rabbitmq: { url_file: \"\(path)\" } }")
        }
        let place = "1:33: events.rabbitmq.url_file: "
        #expect(problems(empty) == [place + "the file is empty, expected a URL in it"])
        #expect(problems(long) == [place + "the file is longer than a secret can be, 65536 bytes"])
        #expect(problems(binary) == [place + "the file is not UTF-8"])
        #expect(problems(wrong) == [place + "invalid AMQP URL, byte 0: expected amqp:// or amqps://"])
        #expect(problems(folder.path) == [place + "the file cannot be read: Is a directory"])
        #expect(problems(folder.path(of: "none")) == [place + "the file cannot be read: No such file or directory"])
        #expect(problems("") == [place + "an empty text, expected a path"])
    }

    @Test("appear in no error, wherever they stand by mistake")
    func errors() {
        let url = "amqp://user:hunter2@host"
        let texts = [
            "service: \(url)", "\(url): 1", "events: { local_only: \(url) }", "events: \(url)",
            "events: { rabbitmq: { url: \(url):x } }", "events: { rabbitmq: { url: [\(url)] } }",
            "events: { rabbitmq: { url: 'amqp://user:hunter2@host:99999' } }",
            "events: { rabbitmq: { url: 'amqp://user:hunter2@x@host' } }",
            "events: { rabbitmq: { url: 'amqp://user:hunter2%zz@host' } }",
            "events: { rabbitmq: { password: [hunter2] } }",
            "events: { rabbitmq: { password: hunter2, password_file: /none } }",
            "events: { rabbitmq: { queues: { prefix: '\(url)' } } }",
            "store: { postgres: 'hunter2' }", "store: { postgres: 'postgres://user:hunter2 @h' }",
            "bridge: { sources: { http: { token: 'hunter2 ' } } }",
            "bridge: { sources: { http: { listen: '\(url)' } } }",
            "bridge: { sinks: [{ name: a, types: [x], webhook: 'http://user:hunter2@' }] }",
            "bridge: { sinks: [{ name: a, types: [x], webhook: 'hunter2' }] }",
            "events: { rabbitmq: { password: 'hunter2${' } }", "events: { rabbitmq: { password: '${hunter2!}' } }",
            "events: { rabbitmq: { password: '${A:-hunter2${}' } }",
            "events: { rabbitmq: { password: &x hunter2 } }", "events: { rabbitmq: { password: !x hunter2 } }",
            "events: { rabbitmq: { password: 'hunter2 } }",
        ]
        for text in texts {
            let problems = ConfigurationText.problems(text)
            #expect(!problems.isEmpty, "\(text)")
            #expect(!problems.contains { $0.contains("hunter2") }, "\(problems)")
        }
    }

    @Test("appear in no description and no dump of the configuration")
    func descriptions() throws {
        let configuration = try ConfigurationText.parsed(
            """
            events: { rabbitmq: { url: "amqp://user:hunter2@host" } }
            store: { postgres: "postgres://user:hunter2@host/db?password=hunter2" }
            bridge:
              sources: { http: { token: hunter2 } }
              sinks: [{ name: a, types: [x], webhook: "https://user:hunter2@host/a?key=hunter2" }]
            """
        )
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in [dumped, "\(configuration)", String(reflecting: configuration)] {
            #expect(!text.contains("hunter2"))
        }
        #expect(configuration.store.map { "\($0)" } == "postgres(url: postgres://***@host/db?***)")
        #expect("\(SecretURL("https://h:1/a"))" == "https://h:1/a")
        #expect("\(SecretURL("hunter2"))" == "***")
    }
}
