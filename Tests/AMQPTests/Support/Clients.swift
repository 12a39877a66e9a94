import AMQP
import WarrenTesting

/// Lends a client on a vhost of its own on the shared broker, and what a test asks that broker.
func withClient<Value>(
    _ configuration: AMQPClientConfiguration = AMQPClientConfiguration(),
    _ body: (AMQPClient) async throws -> Value
) async throws -> Value {
    try await LocalBroker.shared().withVhost { url in
        try await AMQPClient.withClient(url: url, configuration: configuration, body)
    }
}

/// Runs `count` tasks beside each other; the first error ends them all.
func inParallel(_ count: Int, _ body: @escaping @Sendable (_ task: Int) async throws -> Void) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for task in 0..<count { group.addTask { try await body(task) } }
        try await group.waitForAll()
    }
}

/// Runs `background` for as long as `body` takes.
func beside(
    _ background: @escaping @Sendable () async throws -> Void,
    _ body: () async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            do { try await background() } catch  where Task.isCancelled {}
        }
        try await body()
        group.cancelAll()
        try await group.waitForAll()
    }
}

/// The error that `body` throws; anything else it does is a failure of the test.
func failure<Value>(_ body: () async throws -> Value) async -> AMQPError? {
    do {
        _ = try await body()
        return nil
    } catch {
        return error as? AMQPError
    }
}

extension AMQPClient {
    /// A durable queue for one test.
    func declare(_ name: String = "queue", arguments: AMQPQueueArguments = AMQPQueueArguments()) async throws -> String
    {
        try await apply(Topology { .queue(name, .classic, arguments: arguments) })
        return name
    }

    /// How many messages are ready in a queue.
    func count(_ queue: String) async throws -> Int {
        try await withChannel { try await $0.queueStatus(queue).messageCount }
    }

    /// Fills a queue with `count` messages whose bodies are their numbers.
    func fill(_ queue: String, _ count: Int) async throws {
        for number in 0..<count {
            _ = try await send(AMQPMessage("\(number)"), to: "", routingKey: queue)
        }
        try await waitForConfirms()
    }

    /// Takes messages out of a queue until `isDone` says so, acking each, and counts each body.
    func drain(_ queue: String, until isDone: ([String: Int]) -> Bool) async throws -> [String: Int] {
        try await withConsumer(.queue(queue), prefetch: 500) { deliveries in
            var bodies: [String: Int] = [:]
            guard !isDone(bodies) else { return bodies }
            for try await delivery in deliveries {
                bodies[delivery.text, default: 0] += 1
                try delivery.ack()
                if isDone(bodies) { break }
            }
            return bodies
        }
    }

    /// Takes `count` different bodies out of a queue.
    func drain(_ queue: String, count: Int) async throws -> [String: Int] {
        try await drain(queue) { $0.count == count }
    }
}

extension AMQPClient {
    /// Whether both connections were lost once, and are back.
    var hasReconnected: Bool {
        let health = health
        return [health.publishing, health.consuming].allSatisfy { $0.reconnects == 1 && $0.state == .open }
    }
}

extension AMQPDelivery {
    var text: String { String(decoding: body, as: UTF8.self) }
}

extension AMQPDeliveries {
    /// The next delivery, of a sequence that has one.
    func first() async throws -> AMQPDelivery {
        for try await delivery in self { return delivery }
        throw AMQPError(.closed, "the deliveries ended")
    }

    /// The next `count` deliveries.
    func first(_ count: Int) async throws -> [AMQPDelivery] {
        var taken: [AMQPDelivery] = []
        for try await delivery in self {
            taken.append(delivery)
            if taken.count == count { break }
        }
        return taken
    }
}
