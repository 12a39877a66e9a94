import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("At odd moments")
    struct OddMoments {
        @Test(
            "A channel closed under a publisher: what is unanswered is unknown, and the next publish has a new channel"
        )
        func publisherChannel() async throws {
            let closed = Shared(0)
            let script = serving { frame, connection in
                guard frame.kind == .body, closed.value < 3 else { return false }
                closed.change { $0 += 1 }
                connection.sendChannelClose(channel: frame.channel, 541, "INTERNAL_ERROR")
                return true
            }
            try await withScript(script, .persistent) { client, broker in
                let log = EventLog(client)
                for _ in 0..<3 {
                    let error = await failure { try await client.publishAnything() }
                    #expect(error?.code == .unknown && error?.reply?.code == 541)
                }
                try await client.publishAnything()
                #expect(broker.connections.count == 1)
                #expect(broker.connections[0].frames(.channelCloseOk).count == 3)
                try await eventually("three losses are reported") { log.all(.channelLost).count == 3 }
            }
        }

        @Test("A channel closed while messages of other channels go on: nobody else is disturbed")
        func otherChannels() async throws {
            let script = serving { frame, connection in
                guard frame.method == .queuePurge else { return false }
                connection.sendChannelClose(channel: frame.channel, 404, "NOT_FOUND - no queue 'q'", about: .queuePurge)
                return true
            }
            try await withScript(script, .persistent) { client, _ in
                try await inParallel(20) { task in
                    try await client.withChannel { channel in
                        if task % 2 == 0 {
                            let error = await failure { try await channel.purgeQueue("q") }
                            #expect(error?.code == .notFound && error?.reply?.code == 404)
                            let next = await failure { try await channel.commit() }
                            #expect(next?.code == .notFound || next?.code == .channelClosed)
                        } else {
                            for _ in 0..<20 { try await channel.commit() }
                        }
                    }
                    try await client.publishAnything()
                }
            }
        }

        @Test("A client that is closed while it declares again warns of nothing")
        func closedInRecovery() async throws {
            let declares = Shared(0)
            let script = serving { frame, _ in
                guard frame.method == .queueDeclare else { return false }
                declares.change { $0 += 1 }
                return declares.value > 1
            }
            let log = Shared<EventLog?>(nil)
            try await withScript(script, .persistent) { client, broker in
                log.change { $0 = EventLog(client) }
                try await client.apply([.queue("q", .classic)])
                for connection in broker.connections { connection.close() }
                try await eventually("it declares again") { declares.value >= 2 }
            }
            let events = try #require(log.value)
            try await eventually("it is closed") { events.seenStates.last == .closed(cause: nil) }
            #expect(events.all(.entityNotRecovered).isEmpty)
        }

        @Test("A connection closed by the peer with a reason: the reason is reported, and the client comes back")
        func connectionClose() async throws {
            let script = first(
                serving { frame, connection in
                    guard frame.kind == .body else { return false }
                    connection.sendConnectionClose(320, "CONNECTION_FORCED - maintenance")
                    return true
                }
            )
            try await withScript(script, .persistent) { client, broker in
                let log = EventLog(client)
                let error = await failure { try await client.publishAnything() }
                #expect(error?.code == .unknown && error?.reply?.code == 320)
                let lost = try await log.first(.disconnected)
                #expect(lost.error?.message.contains("maintenance") == true)
                try await eventually("the close is answered") {
                    broker.connections[0].frames(.connectionCloseOk).count == 1
                }
                try await client.publishAnything()
            }
        }

        @Test("A peer that closes while the client closes: both are done")
        func bothClose() async throws {
            let script = serving { frame, connection in
                guard frame.method == .connectionClose || frame.method == .channelClose else { return false }
                if frame.method == .channelClose {
                    connection.sendChannelClose(channel: frame.channel, 504, "CHANNEL_ERROR")
                    connection.send(.channelCloseOk, channel: frame.channel)
                } else {
                    connection.sendConnectionClose(320, "CONNECTION_FORCED")
                }
                return true
            }
            let time = try await duration {
                try await withScript(script, .persistent) { client, broker in
                    try await client.withChannel { channel in try await channel.commit() }
                    try await client.withChannel { channel in try await channel.commit() }
                    try await eventually("both closes are answered") {
                        broker.connections.flatMap { $0.frames(.channelCloseOk) }.count == 2
                    }
                }
            }
            #expect(time < .seconds(5))
        }

        @Test("A consumer that the broker cancels subscribes again; what comes late on the old channel is nobody's")
        func consumerCancelled() async throws {
            let consumers = Shared(0)
            let script = serving { frame, connection in
                // Not noticed before the answer to the subscription is on its way.
                guard frame.method == .basicConsume else { return false }
                consumers.change { $0 += 1 }
                connection.send(.basicConsumeOk, channel: frame.channel) { $0.shortString("tag") }
                connection.sendDelivery(.init(channel: frame.channel, consumerTag: "tag", tag: 1, body: [1]))
                if consumers.value == 1 {
                    connection.sendCancel(channel: frame.channel, consumerTag: "tag")
                    connection.sendDelivery(.init(channel: frame.channel, consumerTag: "tag", tag: 2, body: [2]))
                }
                return true
            }
            try await withScript(script, .persistent) { client, broker in
                let log = EventLog(client)
                try await client.withConsumer("q") { deliveries in
                    try await log.first(.subscribed)
                    let delivery = try await deliveries.first()
                    #expect(delivery.body == [1] && delivery.deliveryTag == 1)
                    try delivery.ack()
                    try await eventually("it is acked") {
                        broker.connections.flatMap { $0.frames(.basicAck) }.count == 1
                    }
                    #expect(log.all(.subscriptionLost).first?.error?.code == .consumerCancelled)
                }
            }
        }

        @Test("channel.flow is answered, and publishing goes on")
        func flow() async throws {
            let script = serving { frame, connection in
                if frame.kind == .body { connection.sendFlow(channel: frame.channel, isActive: true) }
                return false
            }
            try await withScript(script, .persistent) { client, broker in
                for _ in 0..<3 { try await client.publishAnything() }
                try await eventually("all are answered") { broker.connections[0].frames(.channelFlowOk).count == 3 }
            }
        }

        @Test("Blocked: publishers wait up to their deadline with the reason; unblocked: they go on, in order")
        func blocked() async throws {
            let held = Shared<ScriptedBroker.Connection?>(nil)
            let script = serving { frame, connection in
                if frame.method == .txCommit { connection.sendBlocked("low on disk") }
                held.change { $0 = connection }
                return false
            }
            try await withScript(script) { client, broker in
                try await client.publishAnything()
                try await client.withChannel(for: .publishing) { channel in try await channel.commit() }
                #expect(client.state == .blocked(reason: "low on disk"))
                let error = await failure { try await client.publishAnything() }
                #expect(error?.code == .timedOut && error?.message.contains("low on disk") == true)
                #expect(broker.connections[0].publishes.count == 1)
                async let waiting: Void = client.publishAnything()
                held.value?.sendUnblocked()
                try await waiting
                #expect(client.state == .open)
            }
        }

        @Test("A message cut in the middle by the end of the connection is delivered to nobody, and comes again")
        func halfMessage() async throws {
            let subscriptions = Shared(0)
            let script = serving { frame, connection in
                guard frame.method == .basicConsume else { return false }
                subscriptions.change { $0 += 1 }
                connection.send(.basicConsumeOk, channel: frame.channel) { $0.shortString("tag") }
                let body = [UInt8](repeating: 3, count: 300_000)
                let delivery = ScriptedBroker.Delivery(channel: frame.channel, consumerTag: "tag", tag: 1, body: body)
                if subscriptions.value == 1 {
                    connection.send(Array(delivery.frames.prefix(3)))
                    connection.close()
                } else {
                    connection.sendDelivery(delivery)
                }
                return true
            }
            try await withScript(script, .persistent) { client, _ in
                try await client.withConsumer("q") { deliveries in
                    let delivery = try await deliveries.first()
                    #expect(delivery.body.count == 300_000 && delivery.deliveryTag == 1)
                }
                #expect(subscriptions.value == 2)
            }
        }

        @Test("A queue that is refused again and again: its consumer tries with growing pauses, and gets through")
        func refusedAgain() async throws {
            let attempts = Shared(0)
            let script = serving { frame, connection in
                guard frame.method == .basicConsume else { return false }
                attempts.change { $0 += 1 }
                switch attempts.value {
                case 1:
                    connection.send(.basicConsumeOk, channel: frame.channel) { $0.shortString("tag") }
                    connection.sendCancel(channel: frame.channel, consumerTag: "tag")
                    return true
                case 2...4:
                    connection.sendChannelClose(channel: frame.channel, 404, "NOT_FOUND", about: .basicConsume)
                    return true
                default: return false
                }
            }
            try await withScript(script, .persistent) { client, _ in
                let log = EventLog(client)
                try await client.withConsumer("q") { _ in
                    try await log.first(.subscribed)
                    #expect(attempts.value == 5)
                    #expect(log.all(.subscriptionLost).count == 4)
                }
            }
        }
    }
}
