import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("Health tells what moves")
    struct Health {
        @Test("A broker that stands still looks open, and its silence and what it does not answer grow older")
        func standsStill() async throws {
            try await withBreakableBroker { broker, url in
                try await AMQPClient.withClient(url: url, configuration: .patient) { client in
                    let queue = try await client.declare()
                    try await client.fill(queue, 3)
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        let taken = try await deliveries.first(3)
                        try taken[0].ack()
                        let before = client.health
                        #expect(before.publishing.state == .open && before.consuming.state == .open)
                        #expect(before.publishing.unconfirmed == 0 && before.publishing.oldestUnconfirmed == nil)
                        #expect(before.consuming.unsettled == 2 && before.consuming.oldestUnsettled != nil)
                        try broker.nodes[0].suspend()
                        async let publish: Void = client.publish(AMQPMessage("x"), to: "", routingKey: queue)
                        try await eventually("it shows") {
                            let health = client.health
                            return health.publishing.oldestUnconfirmed ?? .zero > .seconds(1)
                                && health.publishing.lastReceived ?? .zero > .seconds(1)
                                && health.consuming.oldestUnsettled ?? .zero > .seconds(1)
                        }
                        let during = client.health
                        #expect(during.publishing.state == .open && during.publishing.unconfirmed == 1)
                        #expect(during.publishing.stateAge > before.publishing.stateAge)
                        try broker.nodes[0].resume()
                        try await publish
                        let after = client.health
                        #expect(after.publishing.unconfirmed == 0 && after.publishing.oldestUnconfirmed == nil)
                        #expect(after.publishing.lastReceived ?? .seconds(9) < .seconds(1))
                        #expect(after.publishing.reconnects == 0)
                    }
                }
            }
        }

        @Test("Reconnects and settlements that came too late are counted")
        func counts() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                try await AMQPClient.withClient(url: url) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    try await client.fill(queue, 1)
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        let old = try await deliveries.first()
                        try await broker.closeConnections(url)
                        try await log.first(.subscribed)
                        #expect(try old.ack() == .staleDelivery)
                        let health = client.health
                        #expect(health.consuming.reconnects == 1 && health.consuming.staleSettlements == 1)
                    }
                }
            }
        }

        @Test("The time that the broker blocks publishers is counted, and seen as it passes")
        func blocked() async throws {
            try await withBreakableBroker { broker, url in
                try await AMQPClient.withClient(url: url, configuration: .patient) { client in
                    let queue = try await client.declare()
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: queue)
                    #expect(client.health.publishing.blocked == .zero)
                    try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "absolute", "1"])
                    async let publish: Void = client.publish(AMQPMessage("x"), to: "", routingKey: queue)
                    try await eventually("it is blocked", within: .seconds(20)) {
                        client.health.publishing.state == .blocked
                            && client.health.publishing.blocked > .milliseconds(100)
                    }
                    try await broker.rabbitmqctl(["set_vm_memory_high_watermark", "0.4"])
                    try await publish
                    let total = client.health.publishing.blocked
                    #expect(total > .milliseconds(100) && client.health.publishing.state == .open)
                    #expect(client.health.publishing.blocked == total)
                }
            }
        }
    }
}
