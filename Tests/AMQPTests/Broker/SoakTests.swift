import AMQP
import Testing
import WarrenTesting

@Suite("A client that runs for long", .timeLimit(.minutes(60)))
struct SoakTests {
    @Test("Millions of messages, published, delivered and acked, leave its memory where the first tenth had it")
    func memory() async throws {
        let (batch, batches) = (500, scaled(200, full: 20_000))
        try await withClient { client in
            let queue = try await client.declare()
            let properties = AMQPProperties(deliveryMode: .transient)
            let message = AMQPMessage(body: Array(repeating: 0, count: 256), properties: properties)
            let messages = Array(repeating: message, count: batch)
            try await client.withConsumer(.queue(queue), prefetch: 1000) { deliveries in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        var count = 0
                        for try await delivery in deliveries {
                            try delivery.ack()
                            count += 1
                            if count == batch * batches { break }
                        }
                    }
                    var settled = 0
                    for number in 0..<batches {
                        for outcome in try await client.publish(contentsOf: messages, to: "", routingKey: queue) {
                            guard case .acked = outcome else { throw AMQPError(.refused, "\(outcome)") }
                        }
                        if number == batches / 10 { settled = residentMemory() }
                    }
                    try await group.waitForAll()
                    let growth = residentMemory() - settled
                    #expect(growth < 5 << 20, "\(growth >> 10) KiB more than after a tenth")
                }
            }
        }
    }
}
