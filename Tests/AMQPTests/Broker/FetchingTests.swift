import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Fetched messages")
    struct Fetching {
        @Test("A message is settled once, whatever comes first and second")
        func once() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 3)
                try await client.withChannel { channel in
                    let first = try #require(try await channel.get(queue))
                    let second = try #require(try await channel.get(queue))
                    let third = try #require(try await channel.get(queue))
                    #expect(try channel.ack(first) == .sent)
                    #expect(await failure { try channel.ack(first) }?.code == .alreadySettled)
                    #expect(try channel.nack(third, multiple: true, requeue: false) == .sent)
                    #expect(await failure { try channel.ack(second) }?.code == .alreadySettled)
                    // The broker has seen nothing that it would close the channel for.
                    #expect(try await channel.queueStatus(queue).messageCount == 0)
                }
            }
        }

        @Test("A message is settled on its own channel, or not at all when that is gone")
        func otherChannel() async throws {
            try await withClient { client in
                let log = EventLog(client)
                let queue = try await client.declare()
                try await client.fill(queue, 4)
                let gone = try await client.withChannel { channel in try #require(try await channel.get(queue)) }
                try await client.withChannel { one in
                    try await client.withChannel { other in
                        let mine = try #require(try await other.get(queue))
                        #expect(mine.deliveryTag == gone.deliveryTag && mine != gone)
                        #expect(try other.ack(gone) == .staleDelivery)
                        let foreign = try #require(try await one.get(queue))
                        #expect(try other.ack(foreign) == .sent)
                        #expect(try one.ack(mine) == .sent)
                        _ = try await one.queueStatus(queue)
                        #expect(try await other.queueStatus(queue).messageCount == 2)
                    }
                }
                try await log.first(.staleDelivery)
                #expect(client.health.consuming.staleSettlements == 1)
                #expect(try await client.count(queue) == 2)
            }
        }

        @Test("What a channel has given back is stale; what a transaction has rolled back is settled anew")
        func givenBack() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 2)
                try await client.withChannel { channel in
                    let old = try #require(try await channel.get(queue))
                    try await channel.recover()
                    #expect(try channel.ack(old) == .staleDelivery)
                    let again = try #require(try await channel.get(queue))
                    #expect(again.redelivered)
                    try await channel.selectTransaction()
                    #expect(try channel.ack(again) == .sent)
                    try await channel.rollback()
                    #expect(try channel.ack(again) == .sent)
                    try await channel.commit()
                    #expect(await failure { try channel.ack(again) }?.code == .alreadySettled)
                    #expect(try await channel.queueStatus(queue).messageCount == 1)
                }
                try await eventually("one is left") { try await client.count(queue) == 1 }
            }
        }
    }
}
