import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("What other clients have taught")
    struct Lessons {
        @Test("A long run of messages and channels leaves memory as it was")
        func memory() async throws {
            let (rounds, each) = (scaled(20, full: 200), 2000)
            try await withClient { client in
                let queue = try await client.declare()
                let messages = [AMQPMessage](repeating: AMQPMessage(body: [1, 2, 3]), count: each)
                func round() async throws {
                    _ = try await client.publish(contentsOf: messages, to: "", routingKey: queue)
                    try await client.withConsumer(.queue(queue), prefetch: 500) { deliveries in
                        var count = 0
                        for try await delivery in deliveries {
                            try delivery.ack()
                            count += 1
                            if count == each { break }
                        }
                    }
                    for _ in 0..<20 { try await client.withChannel { _ in } }
                }
                // Warm up, so that what is measured is growth and not the first use.
                for _ in 0..<5 { try await round() }
                let before = residentMemory()
                for _ in 0..<rounds { try await round() }
                // A pool that is not released after each message would be ten times as much.
                let growth = residentMemory() - before
                #expect(growth < rounds * each * 100, "\(growth / (rounds * each)) bytes a message")
            }
        }

        @Test("Refused declarations beside publishes cost no publish its confirm")
        func refusedDeclarations() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await beside {
                    while !Task.isCancelled {
                        let other: Topology = [.queue(queue, .classic, arguments: AMQPQueueArguments(maxLength: 1))]
                        let error = await failure { try await client.apply(other) }
                        #expect(error?.code == .preconditionFailed || Task.isCancelled)
                    }
                } _: {
                    try await inParallel(20) { _ in
                        for _ in 0..<50 { try await client.publish(AMQPMessage("x"), to: "", routingKey: queue) }
                    }
                }
                #expect(try await client.count(queue) == 1000)
            }
        }

        @Test("A body of 100 MiB")
        func largeBody() async throws {
            try await withBreakableBroker { _, url in
                try await AMQPClient.withClient(url: url, configuration: .patient) { client in
                    let queue = try await client.declare()
                    let body = [UInt8](repeating: 0xA5, count: 100 << 20)
                    let properties = AMQPProperties(deliveryMode: .transient, messageID: "large")
                    try await client.publish(AMQPMessage(body: body, properties: properties), to: "", routingKey: queue)
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        let delivery = try await deliveries.first()
                        #expect(delivery.body == body)
                        try delivery.ack()
                    }
                }
            }
        }

        @Test("A client that never ran, or was stopped at once, goes without a trace")
        func goes() async throws {
            let url = try await LocalBroker.shared().url
            let (descriptors, threads) = (processEntries("fd"), processEntries("task"))
            for round in 0..<50 {
                let client = try AMQPClient(url: url)
                guard round % 2 == 0 else { continue }
                let run = Task { try await client.run() }
                async let publish = failure {
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: "missing")
                }
                run.cancel()
                _ = await run.result
                _ = await publish
            }
            try await eventually("all is as before") {
                processEntries("fd") <= descriptors && processEntries("task") <= threads + 2
            }
        }
    }
}
