import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("A consumer that is too slow for the broker")
    struct ConsumerTimeouts {
        @Test(
            "An event warns of the delivery; when the broker takes it away an event names it, and the consumer goes on"
        )
        func slow() async throws {
            var configuration = AMQPClientConfiguration.patient
            configuration.consumerTimeout = .seconds(2)
            try await withBreakableBroker { broker, url in
                func set(_ timeout: Int, _ interval: Int) async throws {
                    try await broker.nodes[0].evaluate(
                        """
                        application:set_env(rabbit, consumer_timeout, \(timeout)),
                        application:set_env(rabbit, channel_tick_interval, \(interval)).
                        """
                    )
                }
                try await set(2000, 500)
                try await AMQPClient.withClient(url: url, configuration: configuration) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    try await client.withConsumer(.queue(queue)) { deliveries in
                        let properties = AMQPProperties(messageID: "slow one")
                        try await client.publish(AMQPMessage("x", properties: properties), to: "", routingKey: queue)
                        let slow = try await deliveries.first()
                        let warning = try await log.first(.deliveryOverdue)
                        #expect(warning.delivery?.messageID == "slow one" && warning.delivery?.queue == queue)
                        #expect(try #require(warning.delivery).age >= .milliseconds(1600))
                        let lost = try await log.first(.subscriptionLost)
                        #expect(lost.delivery?.messageID == "slow one" && lost.error?.code == .preconditionFailed)
                        let again = try await deliveries.first()
                        #expect(again.redelivered && again.text == "x")
                        #expect(try slow.ack() == .staleDelivery)
                        try again.ack()
                        #expect(log.all(.deliveryOverdue).count == 1)
                    }
                    #expect(try await client.count(queue) == 0)
                }
                try await set(1_800_000, 60_000)
            }
        }
    }
}
