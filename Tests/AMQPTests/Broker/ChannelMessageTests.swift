import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Messages on a channel")
    struct ChannelMessages {
        @Test("Mandatory ones that no queue takes are given back, as they were, before the next answer")
        func returns() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.withChannel(for: .publishing) { channel in
                    try await channel.publish(AMQPMessage("taken"), to: "", routingKey: queue, mandatory: true)
                    let lost = AMQPMessage("lost", properties: AMQPProperties(headers: ["key": 1]))
                    try await channel.publish(lost, to: "", routingKey: "nowhere", mandatory: true)
                    try await channel.publish(AMQPMessage("dropped"), to: "", routingKey: "nowhere")
                    _ = try await channel.queueStatus(queue)
                    let returns = channel.takeReturns()
                    #expect(returns.map(\.message) == [lost])
                    #expect(returns.first?.reply.code == 312 && returns.first?.routingKey == "nowhere")
                    #expect(channel.takeReturns().isEmpty)
                    #expect(try await channel.get(queue)?.message.properties.headers.isEmpty == true)
                }
            }
        }

        @Test("In a transaction they are given back with the commit")
        func returnsOfTransaction() async throws {
            try await withClient { client in
                try await client.withChannel(for: .publishing) { channel in
                    try await channel.selectTransaction()
                    try await channel.publish(AMQPMessage("lost"), to: "", routingKey: "nowhere", mandatory: true)
                    _ = try await channel.checkExchange("amq.topic")
                    #expect(channel.takeReturns().isEmpty)
                    try await channel.commit()
                    #expect(channel.takeReturns().map(\.message) == [AMQPMessage("lost")])
                }
            }
        }

        @Test("Of those that nobody takes the newest 1,000 are kept")
        func manyReturns() async throws {
            try await withClient { client in
                try await client.withChannel(for: .publishing) { channel in
                    let messages = (0..<1100).map { AMQPMessage("\($0)") }
                    try await channel.publish(contentsOf: messages, to: "", routingKey: "nowhere", mandatory: true)
                    try await channel.checkExchange("amq.topic")
                    #expect(channel.takeReturns().map(\.message) == Array(messages.suffix(1000)))
                }
            }
        }

        @Test("Nothing is published where a blocked broker would hold up consumers")
        func wrongConnection() async throws {
            try await withClient { client in
                try await client.withChannel { channel in
                    let message = AMQPMessage("?")
                    let one = await failure { try await channel.publish(message, to: "", routingKey: "q") }
                    let many = await failure {
                        try await channel.publish(contentsOf: [message], to: "", routingKey: "q")
                    }
                    for error in [one, many] {
                        #expect(error?.code == .invalidArgument && error?.message.contains(".publishing") == true)
                    }
                    // The channel is none the worse for it.
                    try await channel.checkExchange("amq.topic")
                }
            }
        }

        @Test("Fetched without acks, a message is gone at once")
        func automatic() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 2)
                try await client.withChannel { channel in
                    let first = try await channel.get(queue, acknowledgement: .automatic)
                    #expect(first?.message.body == Array("0".utf8) && first?.remaining == 1)
                    try await channel.recover()
                    let second = try await channel.get(queue, acknowledgement: .automatic)
                    #expect(second?.message.body == Array("1".utf8))
                    #expect(try await channel.get(queue, acknowledgement: .automatic) == nil)
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("Fetched and rejected, a message comes again or is dead-lettered")
        func reject() async throws {
            try await withClient { client in
                let dead = try await client.declare("dead")
                let queue = try await client.declare(
                    arguments: AMQPQueueArguments(deadLetterExchange: "", deadLetterRoutingKey: dead)
                )
                try await client.fill(queue, 1)
                try await client.withChannel { channel in
                    let first = try #require(try await channel.get(queue))
                    try channel.reject(first, requeue: true)
                    let again = try #require(try await channel.get(queue))
                    #expect(again.redelivered)
                    try channel.reject(again)
                    #expect(try await channel.get(queue) == nil)
                }
                try await eventually("it is dead-lettered") { try await client.count(dead) == 1 }
            }
        }

        @Test("An exclusive queue that a channel has declared is there for the client's consumers")
        func exclusive() async throws {
            try await withClient { client in
                try await client.withChannel { channel in
                    let name = try await channel.declareQueue(
                        AMQPQueue("", .classic, durable: false, exclusive: true)
                    ).name
                    try await client.publish(AMQPMessage("mine"), to: "", routingKey: name)
                    let delivery = try await client.withConsumer(.queue(name)) { try await $0.first() }
                    #expect(delivery.text == "mine")
                }
            }
        }

        @Test("What an exchange cannot route goes to its alternate exchange")
        func alternateExchange() async throws {
            try await withClient { client in
                try await client.apply([
                    .exchange("unrouted", .fanout),
                    .exchange(AMQPExchange("events", .topic, alternateExchange: "unrouted")),
                    .queue("lost", .classic), .binding("unrouted", to: "lost", ""),
                ])
                try await client.publish(AMQPMessage("1"), to: "events", routingKey: "nobody.wants.it")
                #expect(try await client.count("lost") == 1)
            }
        }
    }
}
