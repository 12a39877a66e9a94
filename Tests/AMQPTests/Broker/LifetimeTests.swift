import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("The life of a client")
    struct Lifetime {
        @Test("Operations before run() wait for it")
        func waitForRun() async throws {
            try await LocalBroker.shared().withVhost { url in
                let client = try AMQPClient(url: url)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        let queue = try await client.declare()
                        try await client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                        try await client.withConsumer(.queue(queue)) { deliveries in
                            let delivery = try await deliveries.first()
                            #expect(delivery.text == "1")
                        }
                    }
                    group.addTask {
                        // Whether run() comes first or the operations do: both must work.
                        await Task.yield()
                        try await client.run()
                    }
                    try await group.next()
                    group.cancelAll()
                    try await group.waitForAll()
                }
            }
        }

        @Test("Without run() every operation ends at its deadline, and says what is missing")
        func neverRun() async throws {
            var configuration = AMQPClientConfiguration()
            configuration.operationTimeout = .milliseconds(100)
            let client = try AMQPClient(url: "amqp://guest:guest@127.0.0.1:1", configuration: configuration)
            let failures = await [
                failure { try await client.publish(AMQPMessage("1"), to: "", routingKey: "queue") },
                failure { try await client.apply(Topology { .queue("queue", .classic) }) },
                failure { try await client.withConsumer("queue") { _ in } },
                failure { try await client.withChannel { _ in } },
            ]
            for failure in failures {
                #expect(failure?.code == .notRunning && failure?.message.contains("run()") == true)
            }
        }

        @Test("A client that is cancelled waits for outstanding confirms")
        func drains() async throws {
            let count = scaled(5000, full: 50_000)
            try await LocalBroker.shared().withVhost { url in
                var configuration = AMQPClientConfiguration()
                configuration.publishWindow = 1 << 20
                var pending: [AMQPPendingConfirm] = []
                try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                    let queue = try await client.declare()
                    for number in 0..<count {
                        pending.append(try await client.send(AMQPMessage("\(number)"), to: "", routingKey: queue))
                    }
                }
                var unknown = 0
                for confirm in pending where await confirm.outcome != .acked(routed: true) { unknown += 1 }
                #expect(unknown == 0)
            }
        }

        @Test("After its end every operation fails at once, and run() cannot be called again")
        func afterTheEnd() async throws {
            try await LocalBroker.shared().withVhost { url in
                let client = try await AMQPClient.withClient(url: url) { client in
                    try await client.apply(Topology { .queue("queue", .classic) })
                    return client
                }
                #expect(client.state == .closed(cause: nil))
                let failures = await [
                    failure { try await client.publish(AMQPMessage("1"), to: "", routingKey: "queue") },
                    failure { try await client.apply(Topology { .queue("queue", .classic) }) },
                    failure { try await client.withConsumer("queue") { _ in } },
                    failure { try await client.withChannel { _ in } },
                    failure { try await client.withPublisher { _ in } },
                    failure { try await client.run() },
                ]
                #expect(failures.map(\.?.code) == [.closed, .closed, .closed, .closed, nil, .closed])
            }
        }

        @Test("A refused login ends the client with one sentence: host and reason, no password")
        func loginRefused() async throws {
            let broker = try await LocalBroker.shared()
            let url = "amqp://guest:s3cret-w0rd@127.0.0.1:\(broker.port)"
            let client = try AMQPClient(url: url)
            let (waiting, error) = await withThrowingTaskGroup(of: AMQPError?.self) { group in
                group.addTask { await failure { try await client.publish(AMQPMessage("1"), to: "", routingKey: "q") } }
                let error = await failure { try await client.run() }
                return (try? await group.next() ?? nil, error)
            }
            for error in [error, waiting] {
                #expect(error?.code == .loginRefused)
                #expect(error?.message.contains("127.0.0.1:\(broker.port)") == true)
                #expect(error?.message.contains("guest") == true)
                #expect("\(String(describing: error)) \(error?.debugDescription ?? "")".contains("s3cret") == false)
            }
            guard case .closed(.some) = client.state else {
                Issue.record("the state is \(client.state)")
                return
            }
            let late = await failure { try await client.withConsumer("queue") { _ in } }
            #expect(late?.code == .loginRefused)
        }

        @Test("A virtual host that does not exist ends the client, by name")
        func vhostMissing() async throws {
            let broker = try await LocalBroker.shared()
            let error = await failure {
                try await AMQPClient.withClient(url: broker.url(vhost: "no-such-vhost")) { client in
                    try await client.publish(AMQPMessage("1"), to: "", routingKey: "q")
                }
            }
            #expect(error?.code == .vhostNotFound)
            #expect(error?.message.contains("no-such-vhost") == true)
            #expect(error?.message.contains("127.0.0.1:\(broker.port)") == true)
        }

        @Test("An unreachable broker: operations wait to their deadline and name host and reason; the client tries on")
        func unreachable() async throws {
            var configuration = AMQPClientConfiguration()
            configuration.operationTimeout = .milliseconds(300)
            configuration.reconnect.initial = .milliseconds(10)
            try await AMQPClient.withClient(url: "amqp://guest:s3cret@127.0.0.1:1", configuration: configuration) {
                client in
                let log = EventLog(client)
                let error = await failure { try await client.publish(AMQPMessage("1"), to: "", routingKey: "q") }
                #expect(error?.code == .unreachable)
                #expect(error?.message.contains("127.0.0.1:1") == true)
                #expect(error?.message.contains("refused") == true && error?.message.contains("s3cret") == false)
                try await eventually("it tries again") { log.all(.disconnected).count > 2 }
            }
        }

        @Test("A client that must not wait for its broker fails at once")
        func failsAtOnce() async throws {
            var configuration = AMQPClientConfiguration()
            configuration.reconnect.retriesFirst = false
            let client = try AMQPClient(url: "amqp://127.0.0.1:1", configuration: configuration)
            let error = await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    _ = await failure { try await client.publish(AMQPMessage("1"), to: "", routingKey: "q") }
                }
                return await failure { try await client.run() }
            }
            #expect(error?.code == .unreachable)
        }

        @Test("A client that waits to try again ends at once when it is cancelled")
        func closesWhileWaiting() async throws {
            var configuration = AMQPClientConfiguration()
            configuration.reconnect.initial = .seconds(1000)
            configuration.reconnect.maximum = .seconds(1000)
            let clock = ContinuousClock()
            let start = clock.now
            try await AMQPClient.withClient(url: "amqp://127.0.0.1:1", configuration: configuration) { client in
                let log = EventLog(client)
                let publish = Task { try await client.publish(AMQPMessage("1"), to: "", routingKey: "q") }
                try await log.first(.disconnected)
                publish.cancel()
            }
            #expect(clock.now - start < .seconds(5))
        }

        @Test("Clients that have ended leave nothing behind: no descriptor, no thread")
        func leavesNothing() async throws {
            try await LocalBroker.shared().withVhost { url in
                func once() async throws {
                    try await AMQPClient.withClient(url: url) { client in
                        let queue = try await client.declare()
                        try await client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                    }
                }
                try await once()
                let (descriptors, threads) = (processEntries("fd"), processEntries("task"))
                for _ in 0..<20 { try await once() }
                // Other tests run beside this one, and have a few of their own.
                try await eventually("no more than before") {
                    processEntries("fd") < descriptors + 20 && processEntries("task") < threads + 20
                }
            }
        }

        @Test("More channels than the connection has: the one too many fails and says so")
        func channelLimit() async throws {
            var configuration = AMQPClientConfiguration()
            configuration.channelMax = 3
            try await withClient(configuration) { client in
                try await client.withChannel { _ in
                    try await client.withChannel { _ in
                        try await client.withChannel { _ in
                            let error = await failure { try await client.withChannel { _ in } }
                            #expect(error?.code == .notSupported && error?.message.contains("3") == true)
                        }
                    }
                }
                try await client.withChannel { channel in try await channel.checkExchange("amq.topic") }
            }
        }
    }
}
