import AMQP
import Foundation
import Testing
import Warren
import WarrenBridge

@Suite("A configuration")
struct ConfigurationTests {
    private static let shipped = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "config/warren.yaml")

    @Test("that says nothing has the defaults", arguments: ["", "# nothing", "events:\nbridge:\n  sinks:", "{}"])
    func empty(text: String) throws {
        var configuration = try ConfigurationText.parsed(text)
        configuration.warnings = []
        #expect(configuration == BridgeConfiguration())
        #expect(configuration.rabbitMQ.url == (try AMQPURL("amqp://guest:guest@localhost:5672/")))
    }

    @Test("comes with the package, spells out the defaults, and reads stdin")
    func shipped() throws {
        let configuration = try BridgeConfiguration.load(path: Self.shipped.path, environment: [:])
        var expected = BridgeConfiguration()
        expected.sources.stdin = .init()
        #expect(configuration == expected)
        let other = try BridgeConfiguration.load(path: Self.shipped.path, environment: ["WARREN_URL": "amqps://h"])
        #expect(other.rabbitMQ.url == (try AMQPURL("amqps://h")))
    }

    @Test(
        "that comes with the package has examples that are right, but for the files of secrets, and every key there is"
    )
    func examples() throws {
        let text = try String(contentsOf: Self.shipped, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
            let code = line.drop { $0 == " " }
            let isExample = code.hasPrefix("#") && code.dropFirst().first.map { $0 != " " } ?? false
            let isSink = code.hasPrefix("# - {")
            if isSink { return String(line).replacing("# - {", with: "  - {") }
            return isExample ? String(line).replacing("#", with: "", maxReplacements: 1) : String(line)
        }
        let uncommented = lines.joined(separator: "\n").replacing("sinks: []", with: "sinks:")
        let problems = ConfigurationText.problems(uncommented)
        #expect(
            problems.count == 2 && problems.allSatisfy { $0.hasSuffix("cannot be read: No such file or directory") }
        )
        let configuration = try ConfigurationText.parsed(
            uncommented.replacing("token_file: ./token.txt", with: "token: x")
                .replacing("password_file: ./password.txt", with: "password: x")
        )
        #expect(configuration.notYetAvailable.count == 3)
        #expect(configuration.sinks.count == 3 && configuration.store == .sqlite(path: "./warren.db"))
    }

    @Test("can hold all that the documentation shows")
    func example() throws {
        let configuration = try ConfigurationText.parsed(ConfigurationText.example)
        var expected = BridgeConfiguration()
        expected.service = "billing-service"
        expected.localOnly = [try TopicPattern("user.logged_in"), try TopicPattern("user.logged_out")]
        expected.rules = [try RoutingRule("metrics.#", reach: .remote)]
        expected.routes = [
            .init(types: try TopicPattern("Order.Created"), services: ["inventory-service", "billing-service"])
        ]
        expected.store = .sqlite(path: "./warren.db")
        expected.sources.stdin = .init()
        expected.sources.unix = .init(path: "./warren.sock")
        expected.sources.http = .init()
        expected.sinks = [
            .init(name: "audit", types: [try TopicPattern("#")], target: .file(path: "./audit.ndjson")),
            .init(
                name: "orders",
                types: [try TopicPattern("Order.*")],
                target: .webhook(url: SecretURL("http://127.0.0.1:9000/orders"))
            ),
            .init(name: "out", types: [try TopicPattern("device.*")], target: .stdout),
        ]
        expected.warnings = configuration.warnings
        expected.notYetAvailable = configuration.notYetAvailable
        #expect(configuration == expected)
        #expect(
            configuration.notYetAvailable.map(\.description) == [
                "f:18:11: bridge.sources.unix: not available yet, the bridge does not start with it",
                "f:19:11: bridge.sources.http: not available yet, the bridge does not start with it",
                "f:22:52: bridge.sinks[1].webhook: not available yet, the bridge does not start with it",
            ]
        )
        #expect(configuration.warnings.isEmpty)
        #expect(configuration.routingRules.map(\.reach) == [.local, .remote])
    }

    @Test("reads each value that differs from its default")
    func values() throws {
        let configuration = try ConfigurationText.parsed(
            """
            service: a.b-c_1
            events:
              eventbus: { type: memory, async_enabled: false, max_handlers: 7, max_crashes: 5, timeout: 1.5s }
              memory: { buffer_size: 5 }
              rabbitmq:
                url: amqp://u:p@h/v
                password: "p@/:%$$"
                exchanges: { events: { name: facts } }
                queues: { prefix: queue_, type: classic }
              rules: [{ types: [a, b.*], route: local }, { types: ["#"], route: both }]
            event_routing: { "a.#": [x], b: [] }
            retry: { max_attempts: 9, initial_delay: 20ms, multiplier: 1.5, max_delay: 10m }
            store: { postgres: "postgresql://u:p@/db", retention: 1h, spool: { max_bytes: 5000, max_age: 2d } }
            bridge:
              sources: { stdin: { at_end: continue }, unix: /run/w.sock, http: { listen: "[::1]:0", token: secret } }
              sinks:
              - { name: a, types: [x], file: { path: "f.ndjson" } }
              - { name: b, types: [x], webhook: "https://h/" }
              - { name: c, types: [x], stdout: }
            """
        )
        #expect(configuration.service == "a.b-c_1")
        #expect(configuration.eventBus.kind == .memory && !configuration.eventBus.isAsync)
        #expect(configuration.eventBus.maxHandlers == 7 && configuration.eventBus.timeout == .milliseconds(1500))
        #expect(configuration.eventBus.maxCrashes == 5 && configuration.retention == .seconds(3600))
        #expect(configuration.spoolBounds == SpoolBounds(bytes: 5000, age: .seconds(172_800)))
        #expect(configuration.memory.bufferSize == 5)
        var url = try AMQPURL("amqp://u@h/v")
        url.password = "p@/:%$"
        #expect(configuration.rabbitMQ.url == url)
        #expect(configuration.rabbitMQ.exchange == "facts" && configuration.rabbitMQ.queues.kind == .classic)
        #expect(configuration.queue(ofService: "x") == "queue_x")
        #expect(configuration.sinks.map { configuration.queue(ofSink: $0) }.first == "queue_a.b-c_1.a")
        let patterns = try ["a", "b.*"].map { try TopicPattern($0) }
        #expect(configuration.rules == [RoutingRule(patterns, .local), try RoutingRule("#", reach: .both)])
        #expect(configuration.routes.map(\.types.text) == ["a.#", "b"])
        #expect(configuration.routes.map(\.services) == [["x"], []])
        #expect(configuration.retry.maxAttempts == 9 && configuration.retry.initialDelay == .milliseconds(20))
        #expect(configuration.retry.multiplier == 1.5 && configuration.retry.maxDelay == .seconds(600))
        #expect(configuration.store == .postgres(url: SecretURL("postgresql://u:p@/db")))
        #expect(configuration.sources.stdin?.atEnd == .continue)
        #expect(configuration.sources.unix?.path == "/run/w.sock")
        #expect(configuration.sources.http?.host == "::1" && configuration.sources.http?.port == 0)
        #expect(configuration.sources.http?.token == Secret("secret"))
        #expect(
            configuration.sinks.map(\.target) == [
                .file(path: "f.ndjson"), .webhook(url: SecretURL("https://h/")), .stdout,
            ]
        )
    }

    @Test("may carry a section for Kafka, which nobody looks into, and a prefix for queues")
    func kafka() throws {
        let configuration = try ConfigurationText.parsed(
            """
            events:
              eventbus: { type: rabbitmq }
              kafka:
                brokers: ["${NOT_SET}"]
                topics: { events: { partitions: many } }
              rabbitmq: { queues: { prefix: queue_ } }
            """
        )
        #expect(configuration.eventBus.kind == .rabbitmq)
        #expect(configuration.rabbitMQ.queues.prefix == "queue_")
    }

    @Test("puts a sink on the service's queue if event_routing sends there what it takes")
    func queues() throws {
        let configuration = try ConfigurationText.parsed(ConfigurationText.example)
        #expect(configuration.sinks.map { configuration.isRouted($0) } == [true, true, false])
        #expect(configuration.ownRoutes.map(\.types.text) == ["Order.Created"])
        #expect(configuration.queue(ofService: configuration.service) == "billing-service")
    }
}
