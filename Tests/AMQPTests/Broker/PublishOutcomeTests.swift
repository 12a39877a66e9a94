import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Each publish gets its own outcome")
    struct PublishOutcomes {
        /// What a broker may run short of.
        enum Shortage: String, CaseIterable {
            case memory, disk

            /// What to tell the broker: more is wanted than there is.
            var beginning: [String] {
                switch self {
                case .memory: ["set_vm_memory_high_watermark", "absolute", "1"]
                case .disk: ["set_disk_free_limit", "1000000000000000"]
                }
            }

            /// The broker's defaults.
            var end: [String] {
                switch self {
                case .memory: ["set_vm_memory_high_watermark", "0.4"]
                case .disk: ["set_disk_free_limit", "50000000"]
                }
            }
        }

        @Test(
            "A mandatory message that no queue takes is returned to its own publish, among many",
            arguments: [true, false]
        )
        func returned(withMessageID: Bool) async throws {
            try await withClient { client in
                let queue = try await client.declare()
                var pending: [(isRoutable: Bool, confirm: AMQPPendingConfirm)] = []
                for number in 0..<2000 {
                    let isRoutable = number % 7 != 3
                    let message = AMQPMessage(
                        "\(number)",
                        properties: AMQPProperties(messageID: withMessageID ? "id-\(number)" : nil)
                    )
                    let confirm = try await client.send(message, to: "", routingKey: isRoutable ? queue : "nowhere")
                    pending.append((isRoutable, confirm))
                }
                for (number, (isRoutable, confirm)) in pending.enumerated() {
                    switch await confirm.outcome {
                    case .acked(let routed): #expect(isRoutable && routed, "message \(number)")
                    case .returned(let returned):
                        #expect(!isRoutable && returned.reply.code == 312 && returned.routingKey == "nowhere")
                        #expect(returned.message.body == Array("\(number)".utf8))
                        #expect(returned.message.properties.headers.isEmpty)
                    default: Issue.record("message \(number) has another outcome")
                    }
                }
                #expect(try await client.count(queue) == pending.count { $0.isRoutable })
            }
        }

        @Test("One message sent under the same id to a queue and to nowhere: the right one is returned")
        func sameMessageID() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                let message = AMQPMessage("twice", properties: AMQPProperties(messageID: "same"))
                let routed = try await client.send(message, to: "", routingKey: queue)
                let lost = try await client.send(message, to: "", routingKey: "nowhere")
                #expect(await routed.outcome == .acked(routed: true))
                guard case .returned = await lost.outcome else {
                    Issue.record("the unroutable one was not returned: \(await lost.outcome)")
                    return
                }
            }
        }

        @Test("publish throws .returned with the broker's reply; without mandatory it does not")
        func returnedError() async throws {
            try await withClient { client in
                let error = await failure { try await client.publish(AMQPMessage("?"), to: "", routingKey: "nowhere") }
                #expect(error?.code == .returned && error?.reply?.code == 312)
                #expect(error?.message.contains("nowhere") == true)
                try await client.publish(AMQPMessage("?"), to: "", routingKey: "nowhere", mandatory: false)
                let outcome = try await client.send(AMQPMessage("?"), to: "", routingKey: "nowhere", mandatory: false)
                #expect(await outcome.outcome == .acked(routed: false))
            }
        }

        @Test("A full queue with reject-publish refuses, and the others are acked")
        func refused() async throws {
            try await withClient { client in
                let queue = try await client.declare(
                    arguments: AMQPQueueArguments(maxLength: 5, overflow: .rejectPublish)
                )
                var outcomes: [AMQPPublishOutcome] = []
                for number in 0..<20 {
                    // One after the other: a queue that is being filled lets a few more in.
                    let confirm = try await client.send(AMQPMessage("\(number)"), to: "", routingKey: queue)
                    outcomes.append(await confirm.outcome)
                }
                let acked = outcomes.count { $0 == .acked(routed: true) }
                #expect(try await client.count(queue) == acked)
                #expect(outcomes.count { $0 == .refused } == 20 - acked && acked < 20)
                let error = await failure { try await client.publish(AMQPMessage("!"), to: "", routingKey: queue) }
                #expect(error?.code == .refused)
            }
        }

        @Test("A publish to a missing exchange is unknown, with the broker's reason; the publisher heals by itself")
        func missingExchange() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                let log = EventLog(client)
                for round in 0..<5 {
                    let error = await failure {
                        try await client.publish(AMQPMessage("?"), to: "missing", routingKey: "key")
                    }
                    #expect(error?.code == .unknown && error?.reply?.code == 404)
                    #expect(error?.message.contains("missing") == true)
                    try await client.publish(AMQPMessage("\(round)"), to: "", routingKey: queue)
                }
                #expect(try await client.count(queue) == 5)
                try await log.first(.channelLost)
            }
        }

        @Test("A publisher of its own: its window bounds what is unanswered, and waitForConfirms waits for all of it")
        func ownPublisher() async throws {
            try await withClient { client in
                let queue = try await client.declare()
                try await client.withPublisher(window: 3) { publisher in
                    for number in 0..<100 {
                        _ = try await publisher.send(AMQPMessage("\(number)"), to: "", routingKey: queue)
                    }
                    try await publisher.waitForConfirms()
                    #expect(try await client.count(queue) == 100)
                }
            }
        }

        @Test(
            "While the broker blocks publishers: they wait to their deadline, consumers and acks go on, the state says so",
            arguments: Shortage.allCases
        )
        func blocked(shortage: Shortage) async throws {
            try await withBreakableBroker { broker, url in
                var configuration = AMQPClientConfiguration()
                configuration.operationTimeout = .seconds(2)
                configuration.confirmTimeout = .seconds(2)
                try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                    let queue = try await client.declare()
                    try await client.fill(queue, 100)
                    try await broker.rabbitmqctl(shortage.beginning)
                    // The broker tells only those who publish.
                    let first = await failure { try await client.publish(AMQPMessage("1"), to: "", routingKey: queue) }
                    #expect(first?.code == .unknown && first?.message.contains("blocks publishers") == true)
                    guard case .blocked(let reason) = client.state else {
                        Issue.record("the state is \(client.state)")
                        return
                    }
                    #expect(reason.contains(shortage.rawValue))
                    let second = await failure { try await client.publish(AMQPMessage("2"), to: "", routingKey: queue) }
                    #expect(second?.code == .timedOut && second?.message.contains("blocks publishers") == true)

                    let bodies = try await client.drain(queue, count: 100)
                    #expect(bodies.count == 100)

                    try await broker.rabbitmqctl(shortage.end)
                    try await eventually("the state is open") { client.state == .open }
                    try await client.publish(AMQPMessage("3"), to: "", routingKey: queue)
                }
            }
        }
    }
}
