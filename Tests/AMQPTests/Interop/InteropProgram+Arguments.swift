import AMQP
import Testing

/// Arguments reach no other client, so the broker is asked: an exchange of headers compares them with those of messages.
extension InteropProgram {
    /// Checks that it finds our arguments in the program's headers and the program's in ours, each alone, and that it
    /// tells them from others.
    func checkArguments(_ fields: [InteropField]) async throws {
        let headers = AMQPTable(fields)
        for found in [try await routed(by: headers), try await routes(headers)] {
            let missing = headers.filter { !found.contains($0.key) }
            // RabbitMQ 4 finds no times, whoever sends them.
            #expect(missing.isEmpty || missing == headers.filter(\.value.isTime), "\(missing)")
        }
        // An argument without a value is for any value.
        let others = headers.mixedUp
        #expect(try await routed(by: others) == others.filter { $0.value == .void }.map(\.key))
        #expect(try await routes(others) == headers.filter { $0.value == .void }.map(\.key))
    }

    /// The keys under which the broker finds these arguments of ours in the headers that it sends.
    private func routed(by arguments: AMQPTable) async throws -> [String] {
        try await withVhost { client, url in
            let entities = arguments.flatMap { entry -> [Topology.Entity] in
                let binding = AMQPBinding(
                    from: "amq.headers",
                    to: entry.key,
                    routingKey: "",
                    arguments: AMQPTable([entry])
                )
                return [.queue(entry.key, .classic), .binding(binding)]
            }
            try await client.apply(Topology(entities))
            try await run("send", "amq.headers", "", url: url)
            return try await client.notEmpty(arguments.map(\.key))
        }
    }

    /// The keys under which the broker finds its arguments in these headers of ours.
    private func routes(_ headers: AMQPTable) async throws -> [String] {
        try await withVhost { client, url in
            try await run("bind", url: url)
            let message = AMQPMessage("", properties: AMQPProperties(headers: headers, messageID: "1"))
            try await client.publish(message, to: "amq.headers", routingKey: "", mandatory: false)
            return try await client.notEmpty(headers.map(\.key))
        }
    }
}

extension AMQPTable {
    /// The same keys, each with the value of the next.
    fileprivate var mixedUp: AMQPTable {
        let values = entries.dropFirst() + entries.prefix(1)
        return AMQPTable(zip(entries, values).map { Entry(key: $0.key, value: $1.value) })
    }
}

extension AMQPValue {
    fileprivate var isTime: Bool {
        if case .timestamp = self { true } else { false }
    }
}

extension AMQPClient {
    /// Which of these queues have messages.
    fileprivate func notEmpty(_ queues: [String]) async throws -> [String] {
        try await withChannel { channel in
            var found: [String] = []
            for queue in queues where try await channel.queueStatus(queue).messageCount > 0 { found.append(queue) }
            return found
        }
    }
}
