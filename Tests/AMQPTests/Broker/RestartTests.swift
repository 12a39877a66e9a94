import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("The broker dies, and comes back")
    struct Restarts {
        /// What became of each body.
        private struct Tally {
            var acked: Set<String> = []
            var unknown: Set<String> = []
            var others: [AMQPError] = []
            var count: Int { acked.count + unknown.count + others.count }
        }

        @Test(
            "Killed in the middle of confirmed publishes and of a consumer: what was acked is there, the rest is unknown"
        )
        func killed() async throws {
            let total = scaled(10_000, full: 100_000)
            let tasks = 200
            try await withBreakableBroker { broker, url in
                try await AMQPClient.withClient(url: url, configuration: .patient) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    try await broker.settle()
                    let tally = Shared(Tally())
                    let seen = Shared<Set<String>>([])
                    try await client.withConsumer(.queue(queue), prefetch: 100) { deliveries in
                        let held = Shared<AMQPDelivery?>(nil)
                        try await beside {
                            for try await delivery in deliveries {
                                // One is kept until the broker is dead.
                                if seen.value.count == total / 10, held.value == nil {
                                    held.change { $0 = delivery }
                                    continue
                                }
                                seen.change { $0.insert(delivery.text) }
                                try delivery.ack()
                            }
                        } _: {
                            try await withThrowingTaskGroup(of: Void.self) { group in
                                for task in 0..<tasks {
                                    group.addTask {
                                        for number in 0..<(total / tasks) {
                                            await publish("\(task).\(number)", queue, client, tally)
                                        }
                                    }
                                }
                                try await eventually("a third is published", within: .seconds(60)) {
                                    tally.value.count > total / 3
                                }
                                try await broker.nodes[0].restart()
                                try await group.waitForAll()
                            }
                            let acked = tally.value.acked
                            try await eventually("all acked ones are consumed", within: .seconds(60)) {
                                acked.isSubset(of: seen.value)
                            }
                            let old = try #require(held.value)
                            #expect(try old.ack() == .staleDelivery)
                            try await log.first(.staleDelivery)
                        }
                    }
                    let result = tally.value
                    #expect(result.others == [])
                    #expect(result.count == total)
                    #expect(result.acked.count > total / 2)
                    // What nobody acked is reported, and nothing is there that was never published.
                    #expect(seen.value.isSubset(of: result.acked.union(result.unknown)))
                    try await log.first(.subscribed)
                }
            }
        }

        @Test("Suspended and resumed: nothing is lost, everything is acked")
        func suspended() async throws {
            try await withBreakableBroker { broker, url in
                try await AMQPClient.withClient(url: url) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    let acked = Shared(0)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for task in 0..<50 {
                            group.addTask {
                                for number in 0..<100 {
                                    try await client.publish(
                                        AMQPMessage("\(task).\(number)"),
                                        to: "",
                                        routingKey: queue
                                    )
                                    acked.change { $0 += 1 }
                                }
                            }
                        }
                        for round in 1...3 {
                            try await eventually("\(round) thousand are acked") { acked.value > round * 1000 }
                            try broker.nodes[0].suspend()
                            try await Task.sleep(for: .milliseconds(500))
                            try broker.nodes[0].resume()
                        }
                        try await group.waitForAll()
                    }
                    #expect(try await client.count(queue) == 5000)
                    #expect(log.all(.disconnected).isEmpty)
                }
            }
        }

        @Test("Heartbeats find a broker that stands still, and the client goes on when it lives again")
        func standsStill() async throws {
            var configuration = AMQPClientConfiguration.patient
            configuration.heartbeat = .seconds(1)
            try await withBreakableBroker { broker, url in
                try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    try await client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                    try broker.nodes[0].suspend()
                    let clock = ContinuousClock()
                    let start = clock.now
                    // Both connections: the next message must not go out on one that is about to be given up.
                    try await eventually("both connections are given up") {
                        let errors = log.all(.disconnected).compactMap(\.error)
                        return errors.count { $0.code == .connectionLost && $0.message.contains("heartbeat") } == 2
                    }
                    #expect(clock.now - start < .seconds(4))
                    try broker.nodes[0].resume()
                    try await client.publish(AMQPMessage("2"), to: "", routingKey: queue)
                    #expect(try await client.drain(queue, count: 2) == ["1": 1, "2": 1])
                }
            }
        }

        @Test("A broker that is away for a while: publishers wait, consumers wait, and both go on")
        func away() async throws {
            try await withBreakableBroker { broker, url in
                try await AMQPClient.withClient(url: url, configuration: .patient) { client in
                    let queue = try await client.declare()
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        try await broker.nodes[0].shutDown()
                        async let publish: Void = client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                        async let delivery = deliveries.first()
                        try await broker.nodes[0].restart()
                        try await publish
                        try await delivery.ack()
                    }
                    try await eventually("it is acked") { try await client.count(queue) == 0 }
                }
            }
        }

        private func publish(
            _ body: String,
            _ queue: String,
            _ client: AMQPClient,
            _ tally: Shared<Tally>
        ) async {
            let error = await failure { try await client.publish(AMQPMessage(body), to: "", routingKey: queue) }
            tally.change { tally in
                switch error?.code {
                case nil: tally.acked.insert(body)
                case .unknown: tally.unknown.insert(body)
                default: error.map { tally.others.append($0) }
                }
            }
        }
    }
}

extension AMQPClientConfiguration {
    /// Waits long for the broker and asks for it often.
    static var patient: AMQPClientConfiguration {
        var configuration = AMQPClientConfiguration()
        configuration.operationTimeout = .seconds(60)
        configuration.confirmTimeout = .seconds(60)
        configuration.reconnect.maximum = .milliseconds(500)
        return configuration
    }
}
