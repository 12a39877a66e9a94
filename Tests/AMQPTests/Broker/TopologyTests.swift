import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Topology and recovery")
    struct TopologyAndRecovery {
        @Test(
            "A queue that exists with other arguments: 406 names what was expected and what is, and fails nobody else"
        )
        func preconditionFailed() async throws {
            try await withClient { client in
                _ = try await client.declare()
                try await inParallel(20) { task in
                    if task % 2 == 0 {
                        let error = await failure { try await client.declare(arguments: .init(maxLength: 7)) }
                        #expect(error?.code == .preconditionFailed && error?.reply?.code == 406)
                        #expect(error?.message.contains("x-max-length") == true && error?.message.contains("7") == true)
                        #expect(error?.message.contains("queue") == true)
                    } else {
                        _ = try await client.declare("fine-\(task)")
                    }
                }
                try await client.publish(AMQPMessage("fine"), to: "", routingKey: "queue")
            }
        }

        @Test("A binding to what does not exist throws .notFound; what was declared before it stays")
        func missingExchange() async throws {
            try await withClient { client in
                let error = await failure {
                    try await client.apply(
                        Topology([.binding("missing", to: "queue", "#"), .queue("queue", .classic)])
                    )
                }
                #expect(error?.code == .notFound && error?.message.contains("missing") == true)
                let count = try await client.count("queue")
                #expect(count == 0)
            }
        }

        @Test("An exchange deleted under its publisher is declared again with its bindings")
        func exchangeDeleted() async throws {
            try await LocalBroker.shared().withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    try await client.apply([
                        .exchange("events", .topic), .queue("queue", .classic), .binding("events", to: "queue", "#"),
                    ])
                    try await client.publish(AMQPMessage("1"), to: "events", routingKey: "k")
                    try await AMQPClient.withClient(url: url) { other in
                        try await other.withChannel { try await $0.deleteExchange("events") }
                    }
                    let error = await failure {
                        try await client.publish(AMQPMessage("2"), to: "events", routingKey: "k")
                    }
                    #expect(error?.code == .unknown && error?.reply?.code == 404)
                    try await eventually("a queue takes it again") {
                        await failure {
                            try await client.publish(AMQPMessage("3"), to: "events", routingKey: "k")
                        } == nil
                    }
                }
            }
        }

        @Test("Connections closed by the operator come back with publishers, consumers, private queues and topology")
        func closedByOperator() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let log = EventLog(client)
                    // Gone with the last binding, so that only a declaration brings it back.
                    let exchange = AMQPExchange("fleeting", .fanout, durable: false, autoDelete: true)
                    try await client.apply(Topology { .exchange(exchange) })
                    let source = AMQPConsumerSource.privateQueue([.init(exchange: "fleeting", routingKey: "")])
                    try await client.withConsumer(source) { deliveries in
                        for round in 1...3 {
                            try await client.publish(AMQPMessage("\(round)"), to: "fleeting", routingKey: "")
                            let delivery = try await deliveries.first()
                            #expect(delivery.text == "\(round)")
                            try await broker.closeConnections(url)
                            try await eventually("\(round) losses", within: .seconds(20)) {
                                log.all(.disconnected).count >= 2 * round
                            }
                            try await eventually("the private queue is back", within: .seconds(20)) {
                                log.all(.subscribed).count == round
                            }
                            #expect(try delivery.ack() == .staleDelivery)
                        }
                        try await client.publish(AMQPMessage("end"), to: "fleeting", routingKey: "")
                        #expect(try await deliveries.first().text == "end")
                    }
                    #expect(log.all(.staleDelivery).count == 3)
                    #expect(log.all(.entityNotRecovered).isEmpty)
                    let cause = try #require(log.all(.disconnected).first?.error)
                    #expect(cause.reply?.code == 320 && cause.message.contains("closed"))
                    #expect(log.seenStates.contains { if case .connecting(_, .some) = $0 { true } else { false } })
                }
            }
        }

        @Test("An exclusive queue of the topology comes back where consumers can use it, without a false alarm")
        func exclusiveQueue() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let log = EventLog(client)
                    try await client.apply(
                        Topology { .queue(AMQPQueue("mine", .classic, durable: false, exclusive: true)) }
                    )
                    for round in 1...5 {
                        try await client.withConsumer("mine") { deliveries in
                            try await client.publish(AMQPMessage("\(round)"), to: "", routingKey: "mine")
                            let delivery = try await deliveries.first()
                            try delivery.ack()
                            try await broker.closeConnections(url)
                            try await eventually("\(round) reconnects", within: .seconds(20)) {
                                log.all(.subscribed).count == round
                            }
                        }
                    }
                    #expect(log.all(.entityNotRecovered).isEmpty)
                }
            }
        }

        @Test("What cannot be declared again is reported by name, and the rest comes back")
        func notRecovered() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let log = EventLog(client)
                    let first = try await client.declare("first")
                    let last = try await client.declare("last")
                    try await AMQPClient.withClient(url: url) { other in
                        try await other.withChannel { channel in
                            _ = try await channel.deleteQueue(first)
                            _ = try await channel.deleteQueue(last)
                            try await channel.declareQueue(AMQPQueue(first, .classic, arguments: .init(maxLength: 1)))
                        }
                    }
                    try await broker.closeConnections(url)
                    let event = try await log.first(.entityNotRecovered)
                    #expect(event.subject.contains(first) && event.error?.code == .preconditionFailed)
                    try await eventually("the other queue is back", within: .seconds(20)) {
                        let count = try? await client.count(last)
                        return count == 0
                    }
                }
            }
        }

        @Test("What was deleted on purpose stays away after a reconnect")
        func deletedStaysAway() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let (gone, kept) = (try await client.declare("gone"), try await client.declare("kept"))
                    try await client.withChannel { channel in _ = try await channel.deleteQueue(gone) }
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: kept)
                    try await broker.closeConnections(url)
                    try await eventually("both are back", within: .seconds(20)) { client.hasReconnected }
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: kept)
                    let error = await failure { try await client.publish(AMQPMessage("x"), to: "", routingKey: gone) }
                    #expect(error?.code == .returned)
                }
            }
        }

        @Test("An auto-delete queue comes back while it is consumed, and stays away once its consumer has ended")
        func autoDelete() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let log = EventLog(client)
                    try await client.apply([
                        .queue(AMQPQueue("fleeting", .classic, autoDelete: true)), .queue("kept", .classic),
                    ])
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: "kept")
                    try await client.withConsumer("fleeting") { deliveries in
                        try await broker.closeConnections(url)
                        try await log.first(.subscribed)
                        try await eventually("the publisher is back", within: .seconds(20)) { client.hasReconnected }
                        try await client.publish(AMQPMessage("1"), to: "", routingKey: "fleeting")
                        #expect(try await deliveries.first().text == "1")
                    }
                    try await broker.closeConnections(url)
                    try await eventually("both are back", within: .seconds(20)) { log.all(.connected).count >= 4 }
                    #expect(try await client.count("kept") == 1)
                    let error = await failure { try await client.count("fleeting") }
                    #expect(error?.code == .notFound)
                }
            }
        }

        @Test("What was forgotten is not declared again, though it was not deleted by this client")
        func forgotten() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let (gone, kept) = (try await client.declare("gone"), try await client.declare("kept"))
                    client.forget([.queue(gone, .classic)])
                    #expect(try await client.count(gone) == 0)
                    try await AMQPClient.withClient(url: url) { other in
                        try await other.withChannel { channel in
                            _ = try await channel.deleteQueue(gone)
                            _ = try await channel.deleteQueue(kept)
                        }
                    }
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: "nowhere", mandatory: false)
                    try await broker.closeConnections(url)
                    try await eventually("the other is back", within: .seconds(20)) {
                        let count = try? await client.count(kept)
                        return count == 0
                    }
                    let error = await failure { try await client.count(gone) }
                    #expect(error?.code == .notFound)
                }
            }
        }
    }
}

extension LocalBroker {
    /// Closes all connections to the vhost of a URL, as `rabbitmqctl close_all_connections` does.
    func closeConnections(_ url: String) async throws {
        let vhost = url.split(separator: "/").last.map(String.init) ?? ""
        let connections = """
            [Pid || Connection <- rabbit_connection_tracking:list(<<"\(vhost)">>),
                    Pid <- tuple_to_list(Connection), is_pid(Pid)]
            """
        try await eventually("the broker knows both connections") {
            try await nodes[0].evaluate("length(\(connections)).") == "2"
        }
        try await nodes[0].evaluate("rabbit_networking:close_connections(\(connections), \"closed by the operator\").")
    }
}
