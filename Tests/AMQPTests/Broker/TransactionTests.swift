import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Transactions")
    struct Transactions {
        @Test("What is published in a transaction is there after the commit, and never after a rollback")
        func publishing() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.withChannel(for: .publishing) { channel in
                    try await channel.selectTransaction()
                    for body in ["1", "2", "3"] {
                        try await channel.publish(AMQPMessage(body), to: "", routingKey: queue)
                    }
                    // The answer comes after what was sent before it.
                    #expect(try await channel.queueStatus(queue).messageCount == 0)
                    try await channel.commit()
                    #expect(try await client.count(queue) == 3)
                    try await channel.publish(AMQPMessage("never"), to: "", routingKey: queue)
                    try await channel.rollback()
                    // Neither does it come with the next commit.
                    try await channel.commit()
                    #expect(try await client.drain(queue, count: 3).keys.sorted() == ["1", "2", "3"])
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("An ack in a transaction counts from the commit on; after a rollback the message is unsettled as before")
        func acks() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 3)
                try await client.withChannel(for: .publishing) { channel in
                    try await channel.selectTransaction()
                    let first = try #require(try await channel.get(queue))
                    let second = try #require(try await channel.get(queue))
                    try channel.ack(first)
                    try await channel.rollback()
                    try channel.ack(second)
                    try await channel.commit()
                    // Gives back what is not settled: the first.
                    try await channel.recover()
                    let again = try #require(try await channel.get(queue))
                    #expect(again.message.body == first.message.body && again.redelivered)
                }
                // The first again, and the one that was never fetched.
                try await eventually("what was not committed is back") { try await client.count(queue) == 2 }
            }
        }

        @Test("A message moves from one queue to another with its ack, all or nothing")
        func move() async throws {
            try await withClient { client in
                let (source, target) = (try await client.declare("source"), try await client.declare("target"))
                try await client.fill(source, 1)
                try await client.withChannel(for: .publishing) { channel in
                    try await channel.selectTransaction()
                    let message = try #require(try await channel.get(source))
                    try await channel.publish(message.message, to: "", routingKey: target)
                    try channel.ack(message)
                    #expect(try await client.count(target) == 0)
                    try await channel.commit()
                }
                #expect(try await client.count(source) == 0)
                #expect(try await client.count(target) == 1)
            }
        }

        @Test("A commit on a channel that has no transaction is refused with the broker's reason")
        func noTransaction() async throws {
            try await withClient { client in
                try await client.withChannel { channel in
                    let error = await failure { try await channel.commit() }
                    #expect(error?.code == .preconditionFailed && error?.reply?.code == 406)
                }
            }
        }
    }
}
