import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

extension ClientTests.HostileTests {
    @Suite("A consumer without acks that more comes for than it can take")
    struct FloodedConsumers {
        /// A broker that sends the first consumer more than may wait here as soon as it consumes.
        private static func flood(_ then: @escaping @Sendable (ScriptedBroker.Connection) -> Void = { _ in }) -> Script
        {
            let isDone = Shared(false)
            return serving { frame, connection in
                guard frame.method == .basicConsume, !isDone.value else { return false }
                isDone.change { $0 = true }
                connection.send(.basicConsumeOk, channel: frame.channel) { $0.shortString("tag") }
                let frames = (1...20_000).flatMap { tag in
                    ScriptedBroker.Delivery(
                        channel: frame.channel,
                        consumerTag: "tag",
                        tag: UInt64(tag),
                        body: [UInt8](repeating: 1, count: 1000)
                    ).frames
                }
                connection.send(frames)
                then(connection)
                return true
            }
        }

        private static let source = AMQPConsumerSource.privateQueue([.init(exchange: "e", routingKey: "k")])

        @Test("ends at once, also where its queue has to be unbound first")
        func ends() async throws {
            try await withScript(Self.flood(), .persistent) { client, broker in
                let time = try await duration {
                    try await client.withConsumer(Self.source, acknowledgement: .automatic) { deliveries in
                        _ = try await deliveries.first()
                        // More than the iterator has given back is in the socket.
                        try await eventually("it is not read any more") {
                            client.consuming.core.withLock { $0.isOverfull }
                        }
                    }
                }
                // No deadline of an operation was waited for.
                #expect(time < .seconds(8))
                #expect(broker.connections.flatMap { $0.frames(.channelClose) }.count == 1)
            }
        }

        @Test("and whose peer resets the connection learns of that, and keeps what has come")
        func reset() async throws {
            let held = Shared<ScriptedBroker.Connection?>(nil)
            let script = Self.flood { connection in held.change { $0 = connection } }
            try await withScript(script, .persistent) { client, _ in
                let log = EventLog(client)
                try await client.withConsumer(Self.source, acknowledgement: .automatic) { deliveries in
                    try await eventually("it is not read any more") {
                        client.consuming.core.withLock { $0.isOverfull }
                    }
                    held.value?.reset()
                    try await log.first(.disconnected, within: .seconds(5))
                    try await log.first(.subscribed)
                    // What had come is handed out.
                    #expect(try await deliveries.first(4000).count == 4000)
                }
            }
        }
    }
}
