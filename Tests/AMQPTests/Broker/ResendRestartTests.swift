import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("The broker dies under publishes that may be sent again")
    struct ResendRestarts {
        @Test("Killed in the middle of them: every publish returns, and every message is there")
        func killed() async throws {
            let (tasks, each) = (100, scaled(40, full: 1000))
            try await withBreakableBroker { broker, url in
                try await AMQPClient.withClient(url: url, configuration: .patient) { client in
                    let queue = try await client.declare()
                    try await broker.settle()
                    try await beside {
                        try await eventually("a quarter is published", within: .seconds(60)) {
                            try await client.count(queue) >= tasks * each / 4
                        }
                        try await broker.nodes[0].kill()
                        try await broker.nodes[0].restart()
                    } _: {
                        try await inParallel(tasks) { task in
                            for number in 0..<each {
                                try await client.publish(
                                    AMQPMessage("\(task).\(number)"),
                                    to: "",
                                    routingKey: queue,
                                    onUnknown: .resend(upTo: 10)
                                )
                            }
                        }
                    }
                    #expect(client.health.publishing.resent > 0)
                    let bodies = try await client.drain(queue, count: tasks * each)
                    #expect(bodies.count == tasks * each)
                }
            }
        }
    }
}
