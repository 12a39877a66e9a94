import AMQP
import Testing
import WarrenTesting

extension ClientTests.BrokerTests {
    @Suite("A password that changes")
    struct Secrets {
        @Test("RabbitMQ takes the new secret, the connections stay, and the next login is with it")
        func rotation() async throws {
            let broker = try await LocalBroker.shared()
            try await broker.withVhost { url in
                let user = "ann\(UInt64.random(in: .min ... .max))"
                let vhost = url.split(separator: "/").last.map(String.init) ?? ""
                try await broker.addUser(user, password: "old")
                try await broker.rabbitmqctl(["set_permissions", "-p", vhost, user, ".*", ".*", ".*"])
                var address = try AMQPURL(url)
                (address.user, address.password) = (user, "old")
                try await AMQPClient.withClient(url: address) { client in
                    let log = EventLog(client)
                    let queue = try await client.declare()
                    try await client.publish(AMQPMessage("1"), to: "", routingKey: queue)
                    try await broker.rabbitmqctl(["change_password", user, "new"])
                    try await client.updateSecret("new", reason: "rotation")
                    try await client.publish(AMQPMessage("2"), to: "", routingKey: queue)
                    #expect(log.all(.disconnected).isEmpty)
                    try await broker.closeConnections(url)
                    try await eventually("both are back", within: .seconds(20)) { client.hasReconnected }
                    try await client.publish(AMQPMessage("3"), to: "", routingKey: queue)
                    #expect(try await client.count(queue) == 3)
                }
                try await broker.rabbitmqctl(["delete_user", user])
            }
        }
    }
}
