import AMQP
import WarrenTesting

/// What passes between the program and our client, each time in a vhost of its own.
extension InteropProgram {
    /// All messages that it sends, as they arrive here.
    func sent() async throws -> [AMQPMessage] {
        try await withVhost { client, url in
            let queue = try await client.declare()
            try await run("send", "", queue, url: url)
            let count = try await client.count(queue)
            return try await client.withConsumer(.queue(queue)) { try await $0.first(count).map(\.message) }
        }
    }

    /// What it prints of messages of ours.
    func printed(_ messages: [AMQPMessage]) async throws -> [String] {
        try await withVhost { client, url in
            let queue = try await client.declare()
            for message in messages {
                try await client.publish(message, to: "", routingKey: queue, mandatory: false)
            }
            return try await run("receive", queue, "\(messages.count)", url: url)
        }
    }

    /// Lends a client and the address of its vhost.
    func withVhost<Value>(_ body: (AMQPClient, _ url: String) async throws -> Value) async throws -> Value {
        try await LocalBroker.shared().withVhost { url in
            try await AMQPClient.withClient(url: url) { client in try await body(client, url) }
        }
    }
}
