import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("What other clients have taught")
    struct Lessons {
        @Test("A long run of messages and channels leaves memory as it was")
        func memory() async throws {
            let rounds = scaled(10, full: 100)
            try await withClient { client in
                let queue = try await client.declare()
                func round() async throws {
                    let message = AMQPMessage(body: [UInt8](repeating: 7, count: 4 << 10))
                    for _ in 0..<500 { _ = try await client.send(message, to: "", routingKey: queue) }
                    try await client.waitForConfirms()
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        var count = 0
                        for try await delivery in deliveries {
                            try delivery.ack()
                            count += 1
                            if count == 500 { break }
                        }
                    }
                    for _ in 0..<50 { try await client.withChannel { _ in } }
                }
                // Warm up, so that what is measured is growth and not the first use.
                for _ in 0..<5 { try await round() }
                let before = residentMemory()
                for _ in 0..<rounds { try await round() }
                #expect(residentMemory() - before < 16 << 20)
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
