import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Consumers")
    struct Consumers {
        @Test("Consuming a queue that does not exist throws .notFound with its name")
        func missingQueue() async throws {
            try await withClient { client in
                let error = await failure { try await client.withConsumer("missing") { _ in } }
                #expect(error?.code == .notFound && error?.reply?.code == 404)
                #expect(error?.message.contains("missing") == true)
            }
        }

        @Test("An exclusive consumer keeps others out")
        func exclusive() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.withConsumer(.queue(queue), exclusive: true) { _ in
                    let error = await failure { try await client.withConsumer(.queue(queue)) { _ in } }
                    #expect(error?.code == .accessRefused)
                }
                try await client.withConsumer(.queue(queue)) { _ in }
            }
        }

        @Test("No more than prefetch deliveries are unsettled at a time")
        func prefetch() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 20)
                try await client.withConsumer(.queue(queue), prefetch: 5) { deliveries in
                    let first = try await deliveries.first(5)
                    #expect(try await client.count(queue) == 15)
                    for delivery in first.dropLast() { try delivery.ack() }
                    try await eventually("four more are under way") { try await client.count(queue) == 11 }
                }
                try await eventually("the unsettled are back") { try await client.count(queue) == 16 }
            }
        }

        @Test("A prefetch that AMQP cannot carry is refused", arguments: [0, -1, 65_536])
        func prefetchBounds(prefetch: Int) async throws {
            try await withClient { client in
                let error = await failure { try await client.withConsumer("queue", prefetch: prefetch) { _ in } }
                #expect(error?.code == .invalidArgument)
            }
        }

        @Test("What is not settled goes back when the consumer ends, also when its body throws")
        func unsettledGoBack() async throws {
            struct Stop: Error {}
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 10)
                await #expect(throws: Stop.self) {
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        let first = try await deliveries.first(4)
                        for delivery in first.prefix(3) { try delivery.ack() }
                        throw Stop()
                    }
                }
                try await eventually("seven are back") { try await client.count(queue) == 7 }
            }
        }

        @Test("A second loop over the same deliveries goes on where the first one stopped")
        func secondLoop() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 10)
                try await client.withConsumer(.queue(queue)) { deliveries in
                    try await eventually("all are under way") { try await client.count(queue) == 0 }
                    var seen: [String] = []
                    for try await delivery in deliveries {
                        seen.append(delivery.text)
                        try delivery.ack()
                        if seen.count == 3 { break }
                    }
                    seen += try await deliveries.first(7).map(\.text)
                    #expect(seen == (0..<10).map { "\($0)" })
                }
            }
        }

        @Test("Nack, reject, release and multiple do what they say")
        func settlements() async throws {
            try await withClient { client in
                let dead = try await client.declare("dead")
                let arguments = AMQPQueueArguments(deadLetterExchange: "", deadLetterRoutingKey: dead)
                let queue = try await client.declare(arguments: arguments)
                try await client.fill(queue, 10)
                try await client.withConsumer(.queue(queue), prefetch: 10) { deliveries in
                    let first = try await deliveries.first(10)
                    #expect(first.map(\.deliveryTag) == (1...10).map { $0 })
                    try first[2].ack(multiple: true)
                    try first[3].reject()
                    try first[5].nack(requeue: false, multiple: true)
                    try first[6].release()
                    try first[7].nack()
                    try first[8].reject(requeue: true)
                    try first[9].ack()
                    // 0, 1, 2, 9 are done; 3, 4, 5 are dead; 6, 7, 8 come again.
                    let again = try await deliveries.first(3)
                    #expect(Set(again.map(\.text)) == ["6", "7", "8"])
                    #expect(again.allSatisfy { $0.redelivered })
                    try again.max { $0.deliveryTag < $1.deliveryTag }?.ack(multiple: true)
                    try await eventually("three are dead") { try await client.count(dead) == 3 }
                }
                #expect(try await client.count(queue) == 0)
                let bodies = try await client.drain(dead, count: 3)
                #expect(Set(bodies.keys) == ["3", "4", "5"])
            }
        }

        @Test("Settling twice throws .alreadySettled, whatever comes first and second")
        func settledTwice() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 6)
                try await client.withConsumer(.queue(queue)) { deliveries in
                    let first = try await deliveries.first(6)
                    try first[0].ack()
                    #expect(await failure { try first[0].ack() }?.code == .alreadySettled)
                    #expect(await failure { try first[0].release() }?.code == .alreadySettled)
                    try first[1].reject()
                    #expect(await failure { try first[1].ack() }?.code == .alreadySettled)
                    try first[4].ack(multiple: true)
                    #expect(await failure { try first[2].ack() }?.code == .alreadySettled)
                    #expect(await failure { try first[3].nack(multiple: true) }?.code == .alreadySettled)
                    try first[5].ack()
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("Acks in any order reach the broker: none is left behind")
        func acksInAnyOrder() async throws {
            let count = scaled(3000, full: 30_000)
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, count)
                try await client.withConsumer(.queue(queue), prefetch: 300) { deliveries in
                    var settled = 0
                    while settled < count {
                        let batch = try await deliveries.first(min(300, count - settled))
                        for delivery in batch.shuffled() { try delivery.ack() }
                        settled += batch.count
                    }
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("Batches take a queue to its end, each acked as a whole")
        func batches() async throws {
            let count = scaled(2000, full: 50_000)
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, count)
                try await client.withConsumer(.queue(queue), prefetch: 300) { deliveries in
                    var bodies: [String] = []
                    for try await batch in deliveries.batches(upTo: 64) {
                        #expect((1...64).contains(batch.count))
                        bodies += batch.map(\.text)
                        try batch.last?.ack(multiple: true)
                        if bodies.count == count { break }
                    }
                    #expect(bodies == (0..<count).map { "\($0)" })
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("Several tasks that take what is there share it, and end when the consumer is stopped")
        func sharing() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 1000)
                let seen = Shared<[Int: [String]]>([:])
                try await client.withConsumer(.queue(queue), prefetch: 100) { deliveries in
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for task in 0..<4 {
                            group.addTask {
                                while true {
                                    let taken = try await deliveries.next(upTo: 3)
                                    guard !taken.isEmpty else { return }
                                    #expect(taken.count <= 3)
                                    for delivery in taken { try delivery.ack() }
                                    seen.change { $0[task, default: []] += taken.map(\.text) }
                                    await Task.yield()
                                }
                            }
                        }
                        try await eventually("all are taken") { seen.value.values.joined().count == 1000 }
                        deliveries.stop()
                        try await group.waitForAll()
                    }
                    try await eventually("what comes now stays in the queue") {
                        try await client.fill(queue, 1)
                        return try await client.count(queue) > 0
                    }
                    #expect(try await deliveries.next(upTo: 1).isEmpty)
                }
                #expect(Set(seen.value.values.joined()).count == 1000)
                #expect(seen.value.count == 4)
            }
        }

        @Test("A queue deleted under its consumer: an event tells, and the consumer goes on when the queue is back")
        func queueDeleted() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                let log = EventLog(client)
                try await client.withConsumer(.queue(queue)) { deliveries in
                    try await client.fill(queue, 1)
                    let old = try await deliveries.first()
                    try await client.withChannel { channel in _ = try await channel.deleteQueue(queue) }
                    let lost = try await log.first(.subscriptionLost)
                    #expect(lost.subject.contains(queue) && lost.error != nil)
                    #expect(try old.ack() == .staleDelivery)
                    _ = try await client.declare()
                    try await client.publish(AMQPMessage("back"), to: "", routingKey: queue)
                    let delivery = try await deliveries.first()
                    #expect(delivery.text == "back")
                    try delivery.ack()
                    try await log.first(.subscribed)
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("A cancelled consumer ends, and gives back what it has not settled")
        func cancelled() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 3)
                let consumer = Task {
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        for try await _ in deliveries {}
                    }
                }
                try await eventually("all are under way") { try await client.count(queue) == 0 }
                consumer.cancel()
                try await consumer.value
                try await eventually("all are back") { try await client.count(queue) == 3 }
            }
        }

        @Test("A private queue hears what is published to its sources, and is gone with its consumer")
        func privateQueue() async throws {
            try await withClient { client in
                try await client.apply(Topology { .exchange("events", .topic) })
                let source = AMQPConsumerSource.privateQueue([.init(exchange: "events", routingKey: "order.#")])
                try await client.withConsumer(source) { deliveries in
                    try await client.publish(AMQPMessage("1"), to: "events", routingKey: "order.paid")
                    #expect(try await deliveries.first().text == "1")
                }
                let error = await failure {
                    try await client.publish(AMQPMessage("2"), to: "events", routingKey: "order.paid")
                }
                #expect(error?.code == .returned)
            }
        }
    }
}
