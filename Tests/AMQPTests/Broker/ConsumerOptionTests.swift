import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Consumers, and what may be asked of them")
    struct ConsumerOptions {
        @Test("Without acks everything comes, is settled by itself and is gone")
        func automatic() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 1000)
                try await client.withConsumer(.queue(queue), prefetch: 10, acknowledgement: .automatic) { deliveries in
                    let taken = try await deliveries.first(1000)
                    #expect(taken.map(\.text) == (0..<1000).map { "\($0)" })
                    #expect(await failure { try taken[0].ack() }?.code == .alreadySettled)
                }
                #expect(try await client.count(queue) == 0)
            }
        }

        @Test("Without acks more may come than fits: other consumers and declarations go on, and nothing is missed")
        func overfull() async throws {
            let count = 30_000
            try await withClient { client in
                let (large, small) = (try await client.declare("large"), try await client.declare("small"))
                try await client.fill(large, count)
                try await client.withConsumer(.queue(large), prefetch: 10, acknowledgement: .automatic) { deliveries in
                    try await eventually("the broker has sent all it may") {
                        // Asked on the other connection.
                        let ready = try await client.withChannel(for: .publishing) { channel in
                            try await channel.queueStatus(large).messageCount
                        }
                        return ready == 0 || client.health.consuming.lastReceived ?? .zero > .milliseconds(200)
                    }
                    // What it was asked to keep is still there.
                    let kept = try await client.count(large)
                    #expect(kept > 0)
                    try await client.fill(small, 10)
                    try await client.withConsumer(.queue(small)) { others in
                        let taken = try await others.first(10).map(\.text)
                        #expect(taken == (0..<10).map { "\($0)" })
                    }
                    try await client.apply(Topology { .queue("new", .classic) })
                    let taken = try await deliveries.first(count).map(\.text)
                    #expect(taken == (0..<count).map { "\($0)" })
                }
                #expect(try await client.count(large) == 0)
            }
        }

        @Test("Acks that cannot be gathered as asked are refused")
        func coalescing() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                for wrong in [.upTo(0, within: .zero), .upTo(1, within: .seconds(-1)), .upTo(1, within: .seconds(11))]
                    as [AMQPAckCoalescing]
                {
                    let error = await failure {
                        try await client.withConsumer(.queue(queue), coalescingAcks: wrong) { _ in }
                    }
                    #expect(error?.code == .invalidArgument)
                }
            }
        }

        @Test("A consumer has the tag of its user's choice")
        func consumerTag() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    let vhost = url.split(separator: "/").last.map(String.init) ?? ""
                    try await client.withConsumer(.queue(queue), consumerTag: "billing 1") { _ in
                        let tags = try await broker.rabbitmqctl(["list_consumers", "-p", vhost, "consumer_tag"])
                        #expect(tags.contains("billing 1"))
                    }
                    let long = String(repeating: "x", count: 256)
                    let error = await failure {
                        try await client.withConsumer(.queue(queue), consumerTag: long) { _ in }
                    }
                    #expect(error?.code == .invalidArgument)
                }
            }
        }

        @Test("A private queue's name is known, and leads to its consumer; so is the tag of the broker's choice")
        func names() async throws {
            try await withClient { client in
                let source = AMQPConsumerSource.privateQueue([.init(exchange: "amq.topic", routingKey: "none")])
                try await client.withConsumer(source) { deliveries in
                    let name = try #require(deliveries.queueName)
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: name)
                    #expect(try await deliveries.first().text == "x")
                    #expect(deliveries.consumerTag?.isEmpty == false)
                }
                let queue = try await client.declare()
                try await client.withConsumer(.queue(queue), consumerTag: "mine") { deliveries in
                    #expect(deliveries.queueName == queue && deliveries.consumerTag == "mine")
                }
            }
        }

        @Test("Recovering a channel gives back everything fetched and not settled")
        func recover() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 3)
                try await client.withChannel { channel in
                    let first = try await channel.get(queue)
                    _ = try await channel.get(queue)
                    if let first { try channel.ack(first) }
                    try await channel.recover()
                    let again = try await channel.get(queue)
                    #expect(again?.redelivered == true && again?.message.body == Array("1".utf8))
                }
            }
        }

        @Test("A consumer of higher priority gets everything while it has room")
        func priority() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.withConsumer(.queue(queue)) { low in
                    let arguments = AMQPConsumerArguments(priority: 1)
                    try await client.withConsumer(.queue(queue), prefetch: 3, arguments: arguments) { high in
                        try await client.fill(queue, 5)
                        #expect(try await high.first(3).map(\.text) == ["0", "1", "2"])
                        #expect(try await low.first(2).map(\.text) == ["3", "4"])
                    }
                }
            }
        }

        @Test("A stream is read from an offset, and after a reconnect from where it stopped: nothing twice or missed")
        func stream() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let log = EventLog(client)
                    try await client.apply([.queue("log", .stream)])
                    try await client.fill("log", 50)
                    let arguments = AMQPConsumerArguments(streamOffset: .offset(10))
                    try await client.withConsumer("log", prefetch: 7, arguments: arguments) { deliveries in
                        var seen: [UInt64?] = []
                        for round in 1...4 {
                            for try await delivery in deliveries {
                                seen.append(delivery.streamOffset)
                                try delivery.ack()
                                if seen.count == round * 10 { break }
                            }
                            guard round < 4 else { break }
                            try await broker.closeConnections(url)
                            try await eventually("it consumes again", within: .seconds(20)) {
                                log.all(.subscribed).count == round
                            }
                        }
                        #expect(seen == (10..<50).map { $0 })
                    }
                }
            }
        }

        @Test("A stream without acks is told why it cannot be, and other consumers go on after the loss it costs")
        func streamWithoutAcks() async throws {
            try await withClient { client in
                let log = EventLog(client)
                let queue = try await client.declare()
                try await client.apply([.queue("log", .stream)])
                try await client.withConsumer(.queue(queue)) { others in
                    let error = await failure {
                        try await client.withConsumer("log", acknowledgement: .automatic) { _ in }
                    }
                    #expect(error?.code == .notSupported && error?.message.contains("log") == true)
                    try await log.first(.subscribed)
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: queue)
                    #expect(try await others.first().text == "x")
                }
                #expect(log.all(.disconnected).count == 1)
            }
        }

        @Test("A stream's last offset, and offsets by time")
        func streamOffsets() async throws {
            try await withClient { client in
                try await client.apply([.queue("log", .stream)])
                try await client.fill("log", 5)
                for offset in [AMQPStreamOffset.first, .timestamp(0), .interval(.seconds(3600))] {
                    let arguments = AMQPConsumerArguments(streamOffset: offset)
                    let first = try await client.withConsumer("log", arguments: arguments) { try await $0.first() }
                    #expect(first.streamOffset == 0)
                }
                try await client.withConsumer("log", arguments: AMQPConsumerArguments(streamOffset: .next)) { next in
                    try await client.publish(AMQPMessage("new"), to: "", routingKey: "log")
                    #expect(try await next.first().text == "new")
                }
            }
        }

        @Test("Paused, a consumer leaves messages in the queue and still settles; resumed, it goes on")
        func pause() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.fill(queue, 20)
                try await client.withConsumer(.queue(queue), prefetch: 5) { deliveries in
                    let first = try await deliveries.first(5)
                    try await deliveries.pause()
                    for delivery in first { try delivery.ack() }
                    let status = try await client.withChannel { try await $0.queueStatus(queue) }
                    #expect(status.messageCount == 15 && status.consumerCount == 0)
                    try await deliveries.resume()
                    let rest = try await deliveries.first(5)
                    #expect(rest.map(\.text) == (5..<10).map { "\($0)" })
                    for delivery in rest { try delivery.ack() }
                }
                try await eventually("the rest is back") { try await client.count(queue) == 10 }
            }
        }

        @Test("A paused consumer stays paused over a reconnect")
        func pausedOverReconnect() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let queue = try await client.declare()
                    try await client.fill(queue, 3)
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        _ = try await deliveries.first(3)
                        try await deliveries.pause()
                        try await broker.closeConnections(url)
                        try await eventually("both are back", within: .seconds(20)) { client.hasReconnected }
                        try await eventually("all are in the queue") { try await client.count(queue) == 3 }
                        try await deliveries.resume()
                        #expect(try await deliveries.first(3).allSatisfy { $0.redelivered })
                    }
                }
            }
        }
    }
}
