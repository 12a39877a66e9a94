import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    /// A real broker behind a network that fails.
    @Suite("A network that fails")
    struct NetworkFaults {
        @Test("Connections cut in the middle of publishes: what was acked is there, what is not is unknown")
        func cut() async throws {
            let (tasks, each) = (50, scaled(100, full: 2000))
            try await withProxy { client, proxy in
                let queue = try await client.declare()
                let acked = Shared<Set<String>>([])
                let unknown = Shared<Set<String>>([])
                try await beside {
                    for round in 1... {
                        try await eventually("more are acked", within: .seconds(30)) {
                            acked.value.count > round * tasks * each / 8
                        }
                        proxy.cut(round % 2 == 0 ? .orderly : .reset)
                    }
                } _: {
                    try await inParallel(tasks) { task in
                        for number in 0..<each {
                            let body = "\(task).\(number)"
                            let error = await failure {
                                try await client.publish(AMQPMessage(body), to: "", routingKey: queue)
                            }
                            guard let error else {
                                acked.change { $0.insert(body) }
                                continue
                            }
                            guard error.code == .unknown else { throw error }
                            unknown.change { $0.insert(body) }
                        }
                    }
                }
                #expect(proxy.totalConnections > 4)
                let (sure, all) = (acked.value, acked.value.union(unknown.value))
                #expect(all.count == tasks * each)
                let bodies = try await client.drain(queue) { $0.count >= sure.count && sure.isSubset(of: $0.keys) }
                #expect(Set(bodies.keys).isSubset(of: all))
            }
        }

        @Test("A connection that is cut under a consumer: every message arrives, late acks are stale")
        func cutConsumer() async throws {
            let count = scaled(2000, full: 50_000)
            try await withProxy { client, proxy in
                let queue = try await client.declare()
                try await client.fill(queue, count)
                let log = EventLog(client)
                try await client.withConsumer(.queue(queue), prefetch: 50) { deliveries in
                    var seen: Set<String> = []
                    var stale = 0
                    for try await delivery in deliveries {
                        if seen.count % (count / 4) == 100 {
                            let losses = log.all(.subscribed).count
                            proxy.cut()
                            try await eventually("it is back", within: .seconds(30)) {
                                log.all(.subscribed).count > losses
                            }
                        }
                        seen.insert(delivery.text)
                        if try delivery.ack() == .staleDelivery { stale += 1 }
                        if seen.count == count { break }
                    }
                    #expect(stale > 0 && log.all(.staleDelivery).count == stale)
                }
                try await eventually("nothing is left") { try await client.count(queue) == 0 }
            }
        }

        @Test("A half-open connection is found by heartbeats, and the client goes on when the network is back")
        func halfOpen() async throws {
            var configuration = AMQPClientConfiguration.persistent
            configuration.heartbeat = .seconds(1)
            try await withProxy(configuration) { client, proxy in
                let queue = try await client.declare()
                let log = EventLog(client)
                try await client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                proxy.goSilent()
                let time = try await duration {
                    try await eventually("both connections are found dead") {
                        log.all(.disconnected).count { $0.error?.message.contains("no sign of life") == true } == 2
                    }
                }
                #expect(time < .seconds(4))
                proxy.passThrough()
                try await client.publish(AMQPMessage("2"), to: "", routingKey: queue)
                #expect(try await client.drain(queue, count: 2) == ["1": 1, "2": 1])
            }
        }

        @Test("A network that hands on single bytes breaks nothing")
        func singleBytes() async throws {
            try await withProxy { client, proxy in
                proxy.segment(bytes: 1)
                let queue = try await client.declare()
                let body = (0..<1000).map { UInt8(truncatingIfNeeded: $0) }
                for _ in 0..<20 {
                    try await client.publish(AMQPMessage(body: body), to: "", routingKey: queue)
                }
                try await client.withConsumer(.queue(queue)) { deliveries in
                    for delivery in try await deliveries.first(20) {
                        #expect(delivery.body == body)
                        try delivery.ack()
                    }
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("Publishes are not held up by a slow answer: many are under way at a time")
        func delay() async throws {
            try await withProxy { client, proxy in
                let queue = try await client.declare()
                proxy.delay(.milliseconds(100))
                let time = try await duration { try await client.fill(queue, 2000) }
                // One by one it would take 400 s.
                #expect(time < .seconds(5))
            }
        }

        @Test("A publisher far faster than the network is held back, and memory stays bounded")
        func throttle() async throws {
            let rate = 4 << 20
            let message = AMQPMessage(body: [UInt8](repeating: 7, count: 16 << 10))
            try await withProxy { client, proxy in
                let queue = try await client.declare(arguments: AMQPQueueArguments(maxLength: 10, overflow: .dropHead))
                try await client.fill(queue, 1000)
                proxy.throttle(bytesPerSecond: rate)
                let before = residentMemory()
                // Four seconds' worth, offered by tasks that could do it in a fraction.
                let time = try await duration {
                    try await inParallel(8) { _ in
                        for _ in 0..<128 { _ = try await client.send(message, to: "", routingKey: queue) }
                    }
                    try await client.waitForConfirms()
                }
                #expect(time > .seconds(2))
                #expect(residentMemory() - before < 48 << 20)
            }
        }

        @Test("A network that stands still for a while loses nothing")
        func stall() async throws {
            try await withProxy { client, proxy in
                let queue = try await client.declare()
                let log = EventLog(client)
                try await beside {
                    while true {
                        proxy.stall()
                        try await Task.sleep(for: .milliseconds(100))
                        proxy.passThrough()
                        try await Task.sleep(for: .milliseconds(50))
                    }
                } _: {
                    try await inParallel(20) { task in
                        for number in 0..<50 {
                            try await client.publish(AMQPMessage("\(task).\(number)"), to: "", routingKey: queue)
                        }
                    }
                }
                proxy.passThrough()
                #expect(try await client.count(queue) == 1000)
                #expect(log.all(.disconnected).isEmpty)
            }
        }

        @Test("A broker that refuses connections for a while is tried until it takes them")
        func refuse() async throws {
            try await withProxy { client, proxy in
                let queue = try await client.declare()
                let log = EventLog(client)
                proxy.refuse()
                proxy.cut()
                try await eventually("it tries again and again") { log.all(.disconnected).count > 5 }
                async let publish: Void = client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                try proxy.accept()
                try await publish
            }
        }

        /// Lends a client whose way to the shared broker leads through a proxy.
        private func withProxy(
            _ configuration: AMQPClientConfiguration = .persistent,
            _ body: (AMQPClient, FaultProxy) async throws -> Void
        ) async throws {
            try await LocalBroker.shared().withVhost { url in
                let proxy = try FaultProxy(to: url)
                try await AMQPClient.withClient(url: proxy.url, configuration: configuration) { client in
                    try await body(client, proxy)
                }
                await proxy.stop()
            }
        }
    }
}
