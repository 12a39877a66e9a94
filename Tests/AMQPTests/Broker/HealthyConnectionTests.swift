import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("On a healthy connection nothing is lost or left waiting")
    struct HealthyConnection {
        @Test("200 tasks each await their own confirm, and each gets it")
        func ownConfirms() async throws {
            let tasks = 200
            let total = scaled(20_000, full: 100_000)
            for _ in 0..<scaled(1, full: 10) {
                try await withClient { client in
                    let queue = try await client.declare()
                    try await inParallel(tasks) { task in
                        for number in 0..<(total / tasks) {
                            try await client.publish(AMQPMessage("\(task).\(number)"), to: "", routingKey: queue)
                        }
                    }
                    #expect(try await client.count(queue) == total)
                }
            }
        }

        @Test("Thousands of declarations beside a running publisher: each gets its own answer")
        func ownAnswers() async throws {
            let tasks = 50
            let rounds = scaled(1000, full: 10_000) / tasks
            try await withClient { client in
                for task in 0..<tasks {
                    try await client.fill(try await client.declare("q\(task)"), task)
                }
                let noise = try await client.declare("noise")
                try await beside {
                    while !Task.isCancelled {
                        try await client.publish(AMQPMessage("noise"), to: "", routingKey: noise)
                    }
                } _: {
                    try await client.withChannel { channel in
                        try await inParallel(tasks) { task in
                            for round in 0..<rounds {
                                let name = "q\(task)"
                                switch round % 3 {
                                case 0: try await client.apply(Topology { .queue(name, .classic) })
                                case 1:
                                    let status = try await channel.declareQueue(AMQPQueue(name, .classic))
                                    #expect(status.name == name && status.messageCount == task)
                                default:
                                    let status = try await channel.queueStatus(name)
                                    #expect(status.name == name && status.messageCount == task)
                                }
                            }
                        }
                    }
                }
            }
        }

        @Test("100 consumers started at once on filled queues: every message is delivered exactly once")
        func manyConsumers() async throws {
            let consumers = 100
            let each = scaled(50, full: 1000)
            try await withClient { client in
                for consumer in 0..<consumers {
                    try await client.fill(try await client.declare("q\(consumer)"), each)
                }
                try await inParallel(consumers) { consumer in
                    let bodies = try await client.drain("q\(consumer)", count: each)
                    #expect(bodies == Dictionary(uniqueKeysWithValues: (0..<each).map { ("\($0)", 1) }))
                }
                for consumer in 0..<consumers { #expect(try await client.count("q\(consumer)") == 0) }
            }
        }

        @Test("1,000 tasks publish at once through one client")
        func manyPublishers() async throws {
            let tasks = 1000
            let each = scaled(5, full: 100)
            try await withClient { client in
                let queue = try await client.declare()
                try await inParallel(tasks) { task in
                    for number in 0..<each {
                        try await client.publish(AMQPMessage("\(task).\(number)"), to: "", routingKey: queue)
                    }
                }
                let bodies = try await client.drain(queue, count: tasks * each)
                #expect(bodies.values.allSatisfy { $0 == 1 })
            }
        }

        @Test("Messages that one task sends one after the other arrive in that order")
        func order() async throws {
            let count = scaled(10_000, full: 100_000)
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, count)
                try await client.withConsumer(.queue(queue), prefetch: 1000) { deliveries in
                    var expected = 0
                    for try await delivery in deliveries {
                        guard delivery.text == "\(expected)" else {
                            Issue.record("\(delivery.text) came instead of \(expected)")
                            return
                        }
                        try delivery.ack()
                        expected += 1
                        if expected == count { break }
                    }
                }
            }
        }

        @Test("Several tasks share one consumer: each delivery goes to one of them")
        func sharedConsumer() async throws {
            let count = scaled(2000, full: 50_000)
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, count)
                let taken = Shared<[String: Int]>([:])
                try await client.withConsumer(.queue(queue), prefetch: 50) { deliveries in
                    try await withThrowingTaskGroup { group in
                        for _ in 0..<8 {
                            group.addTask {
                                for try await delivery in deliveries {
                                    taken.change { $0[delivery.text, default: 0] += 1 }
                                    try delivery.ack()
                                }
                            }
                        }
                        try await eventually("all are taken", within: .seconds(60)) {
                            taken.value.count == count
                        }
                        group.cancelAll()
                        try await group.waitForAll()
                    }
                }
                #expect(taken.value.values.allSatisfy { $0 == 1 })
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("A publisher much faster than the broker is held back, and memory stays bounded")
        func memoryIsBounded() async throws {
            let message = AMQPMessage(body: [UInt8](repeating: 7, count: 16 << 10))
            let count = scaled(10_000, full: 100_000)
            try await withClient { client in
                let arguments = AMQPQueueArguments(maxLength: 10, overflow: .dropHead)
                let queue = try await client.declare(arguments: arguments)
                // Warm up, so that what is measured is growth and not the first use.
                for _ in 0..<1000 { _ = try await client.send(message, to: "", routingKey: queue) }
                try await client.waitForConfirms()
                let before = residentMemory()
                try await client.withChannel(for: .publishing) { channel in
                    for number in 0..<count {
                        try await channel.publish(message, to: "", routingKey: queue)
                        if number % 10 == 0 { _ = try await client.send(message, to: "", routingKey: queue) }
                    }
                }
                try await client.waitForConfirms()
                #expect(residentMemory() - before < 32 << 20)
            }
        }
    }
}
