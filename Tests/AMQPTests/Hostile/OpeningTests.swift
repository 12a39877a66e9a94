import AMQP
import Testing
import WarrenTesting

extension ClientTests.HostileTests {
    @Suite("While a connection opens")
    struct Opening {
        /// Every way in which a peer can be no broker.
        static let impostors: [(name: String, bytes: [UInt8], code: AMQPError.Code, words: String)] = [
            ("silence", [], .unreachable, "did not answer in time before it greeted"),
            ("a web server", Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8), .protocolViolation, "HTTP/1.1 400"),
            ("another version", Array("AMQP".utf8) + [1, 1, 0, 10], .protocolViolation, "another protocol version"),
            ("zeros", [UInt8](repeating: 0, count: 1000), .protocolViolation, "no AMQP frame"),
            ("a huge frame", [1, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], .protocolViolation, "frame"),
            (
                "half a frame", Array(greeting.bytes.prefix(40)), .unreachable,
                "did not answer in time before it greeted"
            ),
            ("a frame without its end", greeting.bytes.dropLast() + [0], .protocolViolation, "0xCE"),
            ("a message", Frame.body(channel: 1, [1]).bytes, .protocolViolation, "frame"),
            ("the wrong method", Frame.method(.channelOpenOk).bytes, .protocolViolation, "does not speak AMQP"),
            ("an unknown method", Frame.method(.init(10, 99)).bytes, .protocolViolation, "does not speak AMQP"),
            ("an empty method", Frame(type: 1, channel: 0, payload: []).bytes, .protocolViolation, "AMQP"),
            (
                "half a greeting", Frame(type: 1, channel: 0, payload: [0, 10, 0, 10, 0]).bytes, .protocolViolation,
                "AMQP"
            ),
        ]

        static let greeting = Frame.method(.connectionStart) { arguments in
            arguments.octet(0)
            arguments.octet(9)
            arguments.table(["product": "RabbitMQ"])
            arguments.longString("PLAIN")
            arguments.longString("en_US")
        }

        @Test("A peer that is no broker is named with what it sent, within the deadline", arguments: impostors.indices)
        func impostor(index: Int) async throws {
            let (name, bytes, code, words) = Self.impostors[index]
            let script: Script = { connection in
                _ = try await connection.next("the protocol header") { $0.kind == .protocolHeader }
                connection.send(bytes: bytes)
            }
            var configuration = AMQPClientConfiguration.impatient
            configuration.reconnect.retriesFirst = false
            try await ScriptedBroker.serving(script) { broker in
                let client = try AMQPClient(url: broker.url, configuration: configuration)
                let time = await duration {
                    let error = await withTaskGroup(of: Void.self) { group in
                        group.addTask { _ = await failure { try await client.publishAnything() } }
                        return await failure { try await client.run() }
                    }
                    #expect(error?.code == code, "\(name)")
                    #expect(error?.message.contains(words) == true, "\(name): \(error?.message ?? "")")
                    #expect(error?.message.contains("127.0.0.1:\(broker.port)") == true)
                }
                #expect(time < .seconds(5))
            }
        }

        @Test(
            "A peer that ends the connection at any step: the client tries again, and gets through",
            arguments: ScriptedBroker.HandshakeStep.allCases,
            [true, false]
        )
        func ends(step: ScriptedBroker.HandshakeStep, orderly: Bool) async throws {
            let end: Script = { connection in
                try await connection.handshake(.withoutHeartbeat, upTo: step)
                if orderly { connection.close() } else { connection.reset() }
            }
            try await withScript(first(end, end, end), .persistent) { client, broker in
                // Who wants a channel meanwhile waits, too.
                try await client.withChannel(for: .publishing) { channel in try await channel.commit() }
                try await client.publishUntilAcked()
                #expect(broker.connections.count == 4)
            }
        }

        @Test(
            "A peer that falls silent at any step: the client leaves at its deadline, tries again, and gets through",
            arguments: ScriptedBroker.HandshakeStep.allCases.dropLast()
        )
        func silent(step: ScriptedBroker.HandshakeStep) async throws {
            let silence: Script = { try await $0.handshake(.withoutHeartbeat, upTo: step) }
            try await withScript(first(silence), .persistent) { client, broker in
                try await client.publishAnything()
                #expect(broker.connections.count == 2)
                try await broker.connections[0].ended()
            }
        }

        @Test("A client can be closed at any step", arguments: ScriptedBroker.HandshakeStep.allCases)
        func closed(step: ScriptedBroker.HandshakeStep) async throws {
            var configuration = AMQPClientConfiguration.impatient
            configuration.connectTimeout = .seconds(60)
            let isThere = Shared(false)
            let time = try await duration {
                try await ScriptedBroker.serving { connection in
                    try await connection.handshake(.withoutHeartbeat, upTo: step)
                    isThere.change { $0 = true }
                } while: { broker in
                    try await AMQPClient.withClient(url: broker.url, configuration: configuration) { client in
                        let publish = Task { try await client.publishAnything() }
                        try await eventually("the step is reached") { isThere.value }
                        publish.cancel()
                    }
                }
            }
            #expect(time < .seconds(5))
        }

        @Test("What the peer offers is agreed on: the smaller limits hold")
        func tuning() async throws {
            let logins = Shared<[ScriptedBroker.Login]>([])
            var offer = ScriptedBroker.Offer()
            offer.channelMax = 2
            offer.frameMax = 4096
            offer.heartbeat = 7
            let (script, body): (Script, [UInt8]) = (
                { [offer] connection in
                    let login = try await connection.handshake(offer)
                    logins.change { $0.append(login) }
                    try await connection.serve()
                },
                [UInt8](repeating: 5, count: 10_000)
            )
            try await ScriptedBroker.serving(script) { broker in
                try await AMQPClient.withClient(url: broker.url) { client in
                    try await client.publish(AMQPMessage(body: body), to: "", routingKey: "q")
                    let login = try #require(logins.value.first)
                    #expect((login.channelMax, login.frameMax, login.heartbeat) == (2, 4096, 7))
                    #expect(login.response == Array("\0guest\0guest".utf8) && login.vhost == "/")
                    let publish = try #require(broker.connections.first?.publishes.first)
                    #expect(publish.pieces == [4088, 4088, 1824] && publish.body == body)
                }
            }
        }
    }
}

extension AMQPClient {
    /// Publishes until it works: a connection that is lost before the confirm leaves a publish unknown.
    fileprivate func publishUntilAcked() async throws {
        while true {
            do throws(AMQPError) {
                return try await publish(AMQPMessage("x"), to: "", routingKey: "q")
            } catch {
                guard error.code == .unknown else { throw error }
            }
        }
    }
}
