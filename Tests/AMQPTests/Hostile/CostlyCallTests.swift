import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("A broker that closes the connection over a call")
    struct CostlyCalls {
        @Test("A consumer that costs the connection is told why, and tries no second time")
        func consumer() async throws {
            let script = serving { frame, connection in
                guard frame.method == .basicConsume else { return false }
                connection.sendConnectionClose(540, "NOT_IMPLEMENTED - no", about: .basicConsume)
                return true
            }
            try await withScript(script, .persistent) { client, broker in
                let log = EventLog(client)
                let error = await failure { try await client.withConsumer("q") { _ in } }
                #expect(error?.code == .notSupported && error?.message.contains("'q'") == true)
                try await log.first(.disconnected)
                // Who has nothing to do with it finds a connection.
                try await client.withChannel(for: .consuming) { channel in try await channel.commit() }
                #expect(broker.connections.flatMap { $0.frames(.basicConsume) }.count == 1)
            }
        }

        @Test("A channel whose opening costs the connection is not opened on the next one, and says why")
        func channel() async throws {
            let (openings, counts) = (Shared(0), Shared(false))
            let script = serving { frame, connection in
                guard frame.method == .channelOpen, counts.value else { return false }
                openings.change { $0 += 1 }
                guard openings.value == 1 else { return false }
                connection.sendConnectionClose(530, "NOT_ALLOWED - too many channels of user 'guest'")
                return true
            }
            try await withScript(script, .persistent) { client, broker in
                // The publisher has its channel.
                try await client.publishAnything()
                counts.change { $0 = true }
                let error = await failure {
                    try await client.withChannel { channel in _ = try await channel.queueStatus("q") }
                }
                #expect(error?.reply?.code == 530 && error?.message.contains("too many channels") == true)
                #expect(openings.value == 1)
            }
        }

        @Test("A stream without acks is refused before anybody is asked")
        func stream() async throws {
            try await withScript(serving { _, _ in false }) { client, broker in
                for arguments in [AMQPConsumerArguments(streamOffset: .first), ["x-stream-offset": "first"]] {
                    let error = await failure {
                        try await client.withConsumer("q", acknowledgement: .automatic, arguments: arguments) { _ in }
                    }
                    #expect(error?.code == .invalidArgument)
                }
                #expect(broker.connections.flatMap { $0.frames(.basicConsume) }.isEmpty)
            }
        }

        @Test(
            "An exchange that costs the connection when it is declared again is skipped and reported, the rest comes back"
        )
        func recovery() async throws {
            let isTurnedOff = Shared(false)
            let script = serving { frame, connection in
                guard frame.method == .exchangeDeclare, isTurnedOff.value else { return false }
                var arguments = frame.arguments
                _ = try arguments.short()
                guard try arguments.shortString() == "delayed" else { return false }
                connection.sendConnectionClose(503, "COMMAND_INVALID - unknown exchange type", about: .exchangeDeclare)
                return true
            }
            try await withScript(script, .persistent) { client, broker in
                let log = EventLog(client)
                try await client.apply([
                    .exchange("before", .topic), .exchange("delayed", .plugin("x-delayed-message")),
                    .queue("after", .classic),
                ])
                try await client.publishAnything()
                isTurnedOff.change { $0 = true }
                let before = broker.connections.count
                for connection in broker.connections { connection.close() }
                try await client.publishUntilTaken()
                try await client.withConsumer("after") { _ in }
                let event = try await log.first(.entityNotRecovered) { $0.error?.reply?.code == 503 }
                #expect(event.subject.contains("delayed"))
                // Each of the two connections may have met it once.
                #expect(broker.connections.count <= before + 4)
                let declared = broker.connections.dropFirst(before).flatMap { $0.frames(.queueDeclare) }
                #expect(declared.count >= 2)

                isTurnedOff.change { $0 = false }
                try await client.apply([.exchange("delayed", .plugin("x-delayed-message"))])
                let declarations = broker.connections.flatMap { $0.frames(.exchangeDeclare) }.count
                for connection in broker.connections { connection.close() }
                try await eventually("it is declared again") {
                    broker.connections.flatMap { $0.frames(.exchangeDeclare) }.count >= declarations + 4
                }
            }
        }
    }
}

extension AMQPClient {
    /// Publishes over a connection that has just been lost, or the next one.
    fileprivate func publishUntilTaken() async throws {
        try await eventually("a publish gets through") { await failure { try await publishAnything() } == nil }
    }
}
