import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("A publish that is sent again")
    struct Resends {
        /// Takes a message and hangs up.
        private static let hangUp = serving { frame, connection in
            guard frame.kind == .body else { return false }
            connection.close()
            return true
        }

        @Test("After a loss it is sent again with the same message id, acked, and counted")
        func again() async throws {
            try await withScript(first(Self.hangUp, Self.hangUp), .persistent) { client, broker in
                let log = EventLog(client)
                try await client.publish(AMQPMessage("x"), to: "", routingKey: "q", onUnknown: .resend(upTo: 2))
                let ids = broker.connections.flatMap(\.publishes).map(\.properties.messageID)
                #expect(ids.count == 3 && Set(ids).count == 1 && ids[0] != nil)
                #expect(client.health.publishing.resent == 2)
                try await eventually("both are reported") { log.all(.resent).count == 2 }
            }
        }

        @Test("A message id of the caller's stays")
        func ownID() async throws {
            try await withScript(first(Self.hangUp), .persistent) { client, broker in
                let message = AMQPMessage("x", properties: AMQPProperties(messageID: "mine"))
                try await client.publish(message, to: "", routingKey: "q", onUnknown: .resend(upTo: 1))
                let ids = broker.connections.flatMap(\.publishes).map(\.properties.messageID)
                #expect(ids == ["mine", "mine"])
            }
        }

        @Test("Not told to, or not any more, the outcome is unknown")
        func unknown() async throws {
            try await withScript(first(Self.hangUp, Self.hangUp, Self.hangUp), .persistent) { client, broker in
                for policy in [AMQPUnknownPolicy.throw, .resend(upTo: 1)] {
                    let error = await failure {
                        try await client.publish(AMQPMessage("x"), to: "", routingKey: "q", onUnknown: policy)
                    }
                    #expect(error?.code == .unknown)
                }
                #expect(broker.connections.flatMap(\.publishes).count == 3)
            }
        }

        @Test("A confirm that does not come is no loss; one deadline holds for everything")
        func deadline() async throws {
            let script = serving { frame, _ in frame.kind == .body }
            try await withScript(first(Self.hangUp, script), .persistent) { client, broker in
                let time = await duration {
                    let error = await failure {
                        try await client.publish(
                            AMQPMessage("x"),
                            to: "",
                            routingKey: "q",
                            onUnknown: .resend(upTo: 9),
                            timeout: .seconds(1)
                        )
                    }
                    #expect(error?.code == .unknown)
                }
                #expect(time < .seconds(5))
                #expect(broker.connections.flatMap(\.publishes).count == 2)
            }
        }

        @Test("A cancelled publish is not sent again")
        func cancelled() async throws {
            let script = serving { frame, _ in frame.kind == .body }
            try await withScript(first(script), .persistent) { client, broker in
                let publish = Task {
                    try await client.publish(AMQPMessage("x"), to: "", routingKey: "q", onUnknown: .resend(upTo: 9))
                }
                try await eventually("it is sent") { broker.connections.flatMap(\.publishes).count == 1 }
                publish.cancel()
                let error = await failure { try await publish.value }
                #expect(error?.code == .unknown)
                for connection in broker.connections { connection.close() }
                try await eventually("it is connected again") { client.health.publishing.reconnects == 1 }
                try await client.publishAnything()
                let bodies = broker.connections.flatMap(\.publishes).count { $0.properties.messageID != "1" }
                #expect(bodies == 1)
            }
        }
    }
}
