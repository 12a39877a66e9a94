import AMQP
import WarrenTesting

/// Lends a client beside the bus: what a test asks the broker, and what others send.
func withClient<Value>(_ url: String, _ body: (AMQPClient) async throws -> Value) async throws -> Value {
    try await AMQPClient.withClient(url: url, body)
}

/// Lends a broker that the test may break, and a vhost on it; the same for one test after the other.
func withBreakableBroker(_ body: (LocalBroker, _ url: String) async throws -> Void) async throws {
    let broker = try await breakable.value
    do {
        try await broker.withVhost { url in try await body(broker, url) }
    } catch {
        // Whatever the test has left, the next one finds a broker that runs.
        try await broker.nodes[0].restart()
        throw error
    }
}

/// Started by the first test that needs it; gone when the process ends.
private let breakable = Task { try await LocalBroker.start() }

extension AMQPClient {
    /// How many messages are ready in a queue.
    func count(_ queue: String) async throws -> Int {
        try await withChannel { try await $0.queueStatus(queue).messageCount }
    }

    /// How many messages are ready in each of several queues.
    func counts(_ queues: String...) async throws -> [Int] {
        var counts: [Int] = []
        for queue in queues { counts.append(try await count(queue)) }
        return counts
    }

    /// The next message in a queue, taken out once it is there.
    func take(_ queue: String) async throws -> AMQPFetched {
        try await withChannel { channel in
            var fetched: AMQPFetched?
            try await eventually("a message in '\(queue)'") {
                fetched = try await channel.get(queue)
                return fetched != nil
            }
            guard let fetched else { throw AMQPError(.notFound, queue) }
            try channel.ack(fetched)
            // The ack has been heard when the broker answers what follows it.
            _ = try await channel.queueStatus(queue)
            return fetched
        }
    }
}

extension LocalBroker {
    /// Kills the node and starts it again; what it forgets of what was declared just before is not what is tested here.
    func crash() async throws {
        try await settle()
        try await nodes[0].restart()
    }

    /// Sets a policy for the queues of a vhost whose name matches, until `body` returns.
    func withPolicy(
        _ definition: String,
        queues pattern: String,
        url: String,
        _ body: () async throws -> Void
    ) async throws {
        let vhost = try AMQPURL(url).vhost
        let name = "test"
        try await rabbitmqctl(["set_policy", "-p", vhost, name, pattern, definition, "--apply-to", "queues"])
        try await body()
        try await rabbitmqctl(["clear_policy", "-p", vhost, name])
    }
}
