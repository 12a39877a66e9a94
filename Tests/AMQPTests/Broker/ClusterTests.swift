import AMQP
import Testing
import WarrenTesting

/// Not among the tests of the client, whose limit is a minute: nodes take their time to come back.
@Suite("A cluster", .timeLimit(.minutes(5)))
struct ClusterTests {
    /// What became of each message, by its number.
    private struct Account {
        var acked: Set<Int> = []
        /// Sent again after an outcome that nobody knows.
        var unknown: Set<Int> = []
        /// How often it was delivered that had not been delivered before.
        var delivered: [Int: Int] = [:]

        var isDelivered: Bool { acked.allSatisfy { delivered[$0] != nil } }
    }

    @Test(
        "A quorum queue whose leader is killed again and again loses no acked message, and doubles only unknown ones"
    )
    func leaders() async throws {
        try await LocalBroker.withBroker(nodes: 3) { broker in
            let hosts = broker.nodes.map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
            var configuration = AMQPClientConfiguration()
            configuration.confirmTimeout = .seconds(10)
            configuration.connectTimeout = .seconds(2)
            let url = "amqp://guest:guest@\(hosts)"
            try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                try await client.apply([.queue("q", .quorum)])
                let account = Shared(Account())
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await consume(client, account) }
                    try await beside({ try await publish(client, account) }) {
                        for _ in 0..<scaled(2, full: 5) {
                            try await progress(account)
                            // Two of three have to be there when the leader goes.
                            try await allReplicas(of: broker)
                            let leader = try await leader(of: broker)
                            try await leader.kill()
                            try await leader.restart()
                        }
                        try await progress(account)
                    }
                    try await eventually("every acked message is delivered", within: .seconds(60)) {
                        account.value.isDelivered
                    }
                    group.cancelAll()
                }
                let end = account.value
                #expect(Set(end.delivered.filter { $0.value > 1 }.keys).isSubset(of: end.unknown))
                #expect(end.acked.count > 1000)
            }
        }
    }

    /// Publishes numbers, each until it is acked.
    private func publish(_ client: AMQPClient, _ account: Shared<Account>) async throws {
        let next = Shared(0)
        try await inParallel(20) { _ in
            while !Task.isCancelled {
                var number = 0
                next.change { next in
                    next += 1
                    number = next
                }
                while !Task.isCancelled {
                    do {
                        try await client.publish(AMQPMessage("\(number)"), to: "", routingKey: "q")
                        account.change { _ = $0.acked.insert(number) }
                        break
                    } catch let error as AMQPError {
                        guard error.code != .unknown else {
                            account.change { _ = $0.unknown.insert(number) }
                            continue
                        }
                        // Without a leader there is no queue to route to, or none that answers.
                        guard [.returned, .refused, .timedOut, .unreachable].contains(error.code) else {
                            throw error
                        }
                    }
                }
            }
        }
    }

    private func consume(_ client: AMQPClient, _ account: Shared<Account>) async throws {
        try await client.withConsumer("q", prefetch: 200) { deliveries in
            for try await delivery in deliveries {
                let number = try #require(Int(String(decoding: delivery.body, as: UTF8.self)))
                account.change { $0.delivered[number, default: 0] += delivery.redelivered ? 0 : 1 }
                try delivery.ack()
            }
        }
    }

    private func progress(_ account: Shared<Account>) async throws {
        let before = account.value.acked.count
        try await eventually("200 more are acked", within: .seconds(60)) {
            account.value.acked.count >= before + 200
        }
    }

    private func allReplicas(of broker: LocalBroker) async throws {
        try await eventually("all replicas are online", within: .seconds(60)) {
            let online = try await broker.rabbitmqctl(["list_queues", "online"])
            return broker.nodes.allSatisfy { online.contains($0.name) }
        }
    }

    private func leader(of broker: LocalBroker) async throws -> LocalBroker.Node {
        let name = try await broker.rabbitmqctl(["list_queues", "leader"]).split(separator: "\n").last
        return try #require(broker.nodes.first { $0.name == name.map(String.init) })
    }
}
