/// A private RabbitMQ for tests: started in about three seconds, on free loopback ports, in a folder of its own, and gone
/// without a trace when it is stopped or when the test process ends, however that ends.
///
/// ```swift
/// try await LocalBroker.withBroker { broker in
///     let client = try AMQPClient(url: broker.url)
///     …
/// }
/// ```
///
/// A test suite that does not break its broker uses ``shared()``: one broker for the whole process.
/// It needs the package `rabbitmq-server` on the machine. With `WARREN_TEST_RABBITMQ_ROOT` in the environment it runs the
/// RabbitMQ and the Erlang below that folder, laid out as Debian does below `/`, and no other.
public final class LocalBroker: Sendable {
    /// Its nodes, at least one.
    ///
    /// Each has its own port and can be killed, suspended and restarted by itself.
    public let nodes: [Node]

    private let first: Node
    private let host: BrokerHost?

    /// A broker that runs elsewhere.
    init(external address: BrokerAddress) {
        first = Node(external: address)
        nodes = [first]
        host = nil
    }

    private init(host: BrokerHost, first: Node, others: [Node]) {
        self.host = host
        self.first = first
        nodes = [first] + others
    }

    /// The address of the first node, with the user `guest` and the vhost `/`: `amqp://guest:guest@127.0.0.1:PORT`.
    public var url: String { first.url }

    /// The AMQP port of the first node.
    public var port: Int { first.port }

    /// The TLS address of the first node, when ``Options/tls`` asked for one: `amqps://guest:guest@localhost:PORT`.
    public var tlsURL: String? { first.tlsURL }

    /// The TLS port of the first node, when ``Options/tls`` asked for one.
    public var tlsPort: Int? { first.tlsPort }

    /// The address of the first node with another vhost; the name is percent-encoded.
    public func url(vhost: String) -> String { first.url(vhost: vhost) }

    /// The folder with all its data; `nil` for a broker that runs elsewhere.
    var folder: String? { host?.folder }

    // MARK: - Life

    /// Starts a broker, lends it to `body`, and stops it.
    ///
    /// - Parameters:
    ///   - count: how many nodes; more than one form a cluster. Default: 1.
    ///   - options: plugins, TLS and further configuration. Default: a bare broker.
    ///   - body: what is done with the broker.
    /// - Returns: what `body` returns.
    /// - Throws: what ``start(nodes:options:)`` throws, and what `body` throws.
    public static func withBroker<Result>(
        nodes count: Int = 1,
        options: Options = Options(),
        _ body: (LocalBroker) async throws -> Result
    ) async throws -> Result {
        let broker = try await start(nodes: count, options: options)
        do {
            let result = try await body(broker)
            await broker.stop()
            return result
        } catch {
            await broker.stop()
            throw error
        }
    }

    /// Starts a broker and returns when every node answers.
    ///
    /// - Parameters:
    ///   - count: how many nodes, 1 to 9; more than one form a cluster. Default: 1.
    ///   - options: plugins, TLS and further configuration. Default: a bare broker.
    /// - Returns: the broker; it lasts until ``stop()``, its last reference, or the end of the process.
    /// - Throws: ``WarrenTestingError`` with `.brokerMissing` when RabbitMQ is not installed, `.startFailed` with the end
    ///   of its log when it does not come up; `CancellationError` when the task is cancelled. Nothing is left running.
    public static func start(nodes count: Int = 1, options: Options = Options()) async throws -> LocalBroker {
        guard (1...9).contains(count) else {
            throw WarrenTestingError(.invalidArgument, "a broker of \(count) nodes: it takes 1 to 9")
        }
        let host = try await BrokerHost.start(options: options)
        do {
            let first = try Node(number: 1, host: host)
            try await first.start()
            let others = try (1..<count).map { try Node(number: $0 + 1, host: host, joining: first) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for node in others { group.addTask { try await node.start() } }
                try await group.waitForAll()
            }
            return LocalBroker(host: host, first: first, others: others)
        } catch {
            await host.end()
            throw error
        }
    }

    /// Kills all nodes and removes the broker's folder.
    ///
    /// Returns when everything is gone; a second call does nothing.
    ///
    /// A broker that `WARREN_TEST_URL` names is left alone. One that is never stopped ends with its last reference.
    public func stop() async {
        guard let host else { return }
        await host.end()
        for node in nodes { await node.ended() }
    }
}
