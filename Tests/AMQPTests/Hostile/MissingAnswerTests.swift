import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("A peer that does not answer")
    struct MissingAnswers {
        @Test("Confirms that never come: the outcome is unknown at the deadline, also for one lone publish")
        func confirms() async throws {
            try await withScript(serving { frame, _ in frame.kind == .body }) { client, _ in
                for _ in 0..<2 {
                    let time = await duration {
                        let error = await failure { try await client.publishAnything() }
                        #expect(error?.code == .unknown && error?.message.contains("within 1.0 seconds") == true)
                    }
                    #expect(time >= .seconds(1) && time < .seconds(3))
                }
            }
        }

        @Test("A peer that reads no more: every publish gets an outcome or an error by its deadline")
        func stuck() async throws {
            let script: Script = { connection in
                try await connection.handshake(.withoutHeartbeat)
                try await connection.serve { frame in
                    if frame.kind == .body { connection.pauseReading() }
                    return frame.kind == .body
                }
            }
            try await withScript(script) { client, _ in
                let body = [UInt8](repeating: 1, count: 100_000)
                let codes = await withTaskGroup(of: AMQPError.Code?.self) { group in
                    for _ in 0..<300 {
                        group.addTask {
                            await failure {
                                try await client.publish(AMQPMessage(body: body), to: "", routingKey: "q")
                            }?.code
                        }
                    }
                    return await group.reduce(into: []) { $0.append($1) }
                }
                #expect(Set(codes) == [.unknown, .timedOut])
                let late = await failure { try await client.publishAnything() }
                #expect(late?.code == .timedOut || late?.code == .unknown)
            }
        }

        @Test("A client is closed by its deadline although the peer reads no more")
        func closesWhileStuck() async throws {
            let script: Script = { connection in
                try await connection.handshake(.withoutHeartbeat)
                try await connection.serve { frame in
                    if frame.method == .basicPublish { connection.pauseReading() }
                    return false
                }
            }
            var configuration = AMQPClientConfiguration.persistent
            configuration.closeTimeout = .milliseconds(200)
            let time = try await duration {
                try await withScript(script, configuration) { client, _ in
                    let message = AMQPMessage(body: [UInt8](repeating: 1, count: 16 << 20))
                    _ = try await client.send(message, to: "", routingKey: "q")
                    _ = try await client.send(message, to: "", routingKey: "q")
                }
            }
            #expect(time < .seconds(5))
        }

        @Test("Answers to calls that never come: each call ends at its deadline and says which")
        func calls() async throws {
            let unanswered: Set<ScriptedBroker.Method> = [.queueDeclare, .basicConsume, .channelClose, .queuePurge]
            let script = serving { frame, _ in frame.method.map { unanswered.contains($0) } ?? false }
            try await withScript(script) { client, _ in
                let apply = await failure { try await client.apply(Topology { .queue("first", .classic) }) }
                #expect(apply?.code == .timedOut && apply?.message.contains("first") == true)
                let consume = await failure { try await client.withConsumer("second") { _ in } }
                #expect(consume?.code == .timedOut && consume?.message.contains("second") == true)
                try await client.withChannel { channel in
                    let purge = await failure { try await channel.purgeQueue("third") }
                    #expect(purge?.code == .timedOut && purge?.message.contains("third") == true)
                }
                try await client.publishAnything()
            }
        }

        @Test("An answer that comes after its deadline does not become the answer to the next call")
        func lateAnswers() async throws {
            let script = serving { frame, connection in
                guard frame.method == .queuePurge else { return false }
                var arguments = frame.arguments
                _ = try arguments.short()
                if try arguments.shortString() == "second" {
                    for count: UInt32 in [1, 2] {
                        connection.send(.queuePurgeOk, channel: frame.channel) { $0.long(count) }
                    }
                }
                return true
            }
            try await withScript(script) { client, _ in
                try await client.withChannel { channel in
                    let first = await failure { try await channel.purgeQueue("first") }
                    #expect(first?.code == .timedOut)
                    let second = try await channel.purgeQueue("second")
                    #expect(second == 2)
                }
            }
        }

        @Test("A silent peer is found dead after one and a half heartbeat timeouts; meanwhile the client sends its own")
        func heartbeats() async throws {
            let silence: Script = { connection in
                var offer = ScriptedBroker.Offer()
                offer.heartbeat = 1
                try await connection.handshake(offer)
            }
            try await ScriptedBroker.serving(first(silence)) { broker in
                try await AMQPClient.withClient(url: broker.url, configuration: .persistent) { client in
                    let log = EventLog(client)
                    let publish = Task { try await client.publishAnything() }
                    try await log.first(.connected)
                    let time = try await duration { try await log.first(.disconnected) }
                    #expect(time > .seconds(1.4) && time < .seconds(2.5))
                    #expect(log.all(.disconnected).first?.error?.code == .connectionLost)
                    #expect(broker.connections[0].frames.count { $0.kind == .heartbeat } >= 2)
                    try await publish.value
                }
            }
        }

        @Test("A peer that sends nothing but heartbeats lives")
        func onlyHeartbeats() async throws {
            let script: Script = { connection in
                var offer = ScriptedBroker.Offer()
                offer.heartbeat = 1
                try await connection.handshake(offer)
                while true {
                    connection.send(.heartbeat)
                    try await Task.sleep(for: .milliseconds(500))
                }
            }
            var configuration = AMQPClientConfiguration.impatient
            configuration.operationTimeout = .seconds(3)
            try await ScriptedBroker.serving(script) { broker in
                try await AMQPClient.withClient(url: broker.url, configuration: configuration) { client in
                    let log = EventLog(client)
                    // The channel is never opened.
                    let error = await failure { try await client.publishAnything() }
                    #expect(error?.code == .timedOut)
                    #expect(log.all(.disconnected).isEmpty)
                }
            }
        }

        @Test("A peer that does not say goodbye: the client is closed by its deadline")
        func noGoodbye() async throws {
            let script = serving { frame, _ in frame.method == .connectionClose }
            let time = try await duration {
                try await withScript(script) { client, _ in try await client.publishAnything() }
            }
            #expect(time < .seconds(5))
        }

        @Test("A publish that waits is cancelled at once: nothing was sent, or the outcome is unknown")
        func cancelled() async throws {
            let script = serving { frame, _ in frame.kind == .body }
            try await withScript(script, .persistent) { client, broker in
                let sent = Task { await failure { try await client.publishAnything() } }
                try await eventually("it is sent") { broker.connections.first?.publishes.count == 1 }
                sent.cancel()
                #expect(await sent.value?.code == .unknown)
            }
            let silence: Script = { _ in }
            try await withScript(silence, .persistent) { client, _ in
                let waiting = Task { await failure { try await client.publishAnything() } }
                await Task.yield()
                waiting.cancel()
                #expect(await waiting.value?.code == .cancelled)
            }
        }
    }
}
