import Glibc
import Testing

@testable import WarrenTesting

@Suite("A scripted broker")
struct ScriptedBrokerTests {
    private typealias Frame = ScriptedBroker.Frame

    @Test("leads a client through the login, and records what it said")
    func handshake() async throws {
        let broker = try ScriptedBroker()
        let client = try TestSocket(port: broker.port)
        var offer = ScriptedBroker.Offer()
        offer.channelMax = 7
        client.send(Login.header + Login.frames.flatMap(\.bytes))
        let connection = try await broker.accept()
        let login = try await connection.handshake(offer)
        #expect(login.clientProperties == ["product": "test", "capabilities": ["basic.nack": true]])
        #expect(login.mechanism == "PLAIN")
        #expect(login.response == Array("\0guest\0guest".utf8))
        #expect((login.channelMax, login.frameMax, login.heartbeat) == (5, 4096, 30))
        #expect(login.vhost == "/v")
        #expect(connection.frames.map(\.kind).first == .protocolHeader)
        #expect(connection.frames.compactMap(\.method) == [.connectionStartOk, .connectionTuneOk, .connectionOpen])

        let start = try await client.frame()
        #expect(start.method == .connectionStart)
        var arguments = start.arguments
        #expect(try (arguments.octet(), arguments.octet()) == (0, 9))
        #expect(try arguments.table() == offer.serverProperties)
        #expect(try arguments.longString() == Array("PLAIN AMQPLAIN".utf8))
        let tune = try await client.frame()
        #expect(
            tune
                == .method(.connectionTune) {
                    $0.short(7)
                    $0.long(131_072)
                    $0.short(60)
                }
        )
        #expect(try await nextMethod(client) == .connectionOpenOk)
        await broker.stop()
    }

    @Test("stops at any step of the login", arguments: ScriptedBroker.HandshakeStep.allCases)
    func stopAt(step: ScriptedBroker.HandshakeStep) async throws {
        let broker = try ScriptedBroker()
        let client = try TestSocket(port: broker.port)
        client.send(Login.header + Login.frames.flatMap(\.bytes))
        let connection = try await broker.accept()
        try await connection.handshake(upTo: step)
        connection.close()
        var methods: [ScriptedBroker.Method?] = []
        while let frame = try? await client.frame() { methods.append(frame.method) }
        let all: [(ScriptedBroker.HandshakeStep, ScriptedBroker.Method)] = [
            (.start, .connectionStart), (.tune, .connectionTune), (.openOk, .connectionOpenOk),
        ]
        #expect(methods == all.filter { $0.0 <= step }.map(\.1))
        #expect(try await connection.ended() == .closedByScript)
        await broker.stop()
    }

    @Test("sends garbage and half frames as they are, then resets")
    func garbage() async throws {
        try await withConnection { (client, connection) async throws in
            connection.send(bytes: [1, 2, 3])
            connection.sendHalf(of: .heartbeat)
            connection.reset()
            #expect(try await client.receive(exactly: 7) == [1, 2, 3, 8, 0, 0, 0])
            await #expect(throws: WarrenTestingError.self) { _ = try await client.receive(exactly: 1) }
        }
    }

    @Test("waits for a frame with a deadline, and says what came instead")
    func deadline() async throws {
        try await withConnection { (client, connection) async throws in
            client.send(Login.header + Frame.heartbeat.bytes)
            let error = await #expect(throws: WarrenTestingError.self) {
                try await connection.next(.queueDeclare, within: .milliseconds(50))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.message.contains("queue.declare") == true)
            #expect(error?.message.contains("heartbeat") == true)
            // Waiting for something else has taken nothing.
            #expect(try await nextKind(connection) == .protocolHeader)
            #expect(try await nextKind(connection) == .heartbeat)
        }
    }

    @Test("says how the client has ended, after all it had sent")
    func ending() async throws {
        try await withConnection { (client, connection) async throws in
            client.send(Login.header)
            client.closeWriting()
            #expect(try await connection.ended() == .closedByClient)
            #expect(try await nextKind(connection) == .protocolHeader)
            let error = await #expect(throws: WarrenTestingError.self) { try await connection.next() }
            #expect(error?.code == .peerClosed)
        }
    }

    @Test("sees that a client resets the connection")
    func clientReset() async throws {
        let broker = try ScriptedBroker()
        var client: TestSocket? = try TestSocket(port: broker.port)
        let connection = try await broker.accept()
        if let client { TCPSocket.resetOnClose(client.descriptor) }
        client = nil
        #expect(try await connection.ended() == .resetByClient)
        await broker.stop()
    }

    @Test("a frame that does not end as it must is an error")
    func malformed() async throws {
        try await withConnection { client, connection in
            client.send(Login.header + [8, 0, 0, 0, 0, 0, 0, 0xCD])
            _ = try await connection.next()
            let error = await #expect(throws: WarrenTestingError.self) { try await connection.next() }
            #expect(error?.code == .malformedFrame)
        }
    }

    @Test("a client that is not read gets stuck, and goes on when it is read again")
    func pausedReading() async throws {
        try await withConnection { client, connection in
            client.send(Login.header)
            _ = try await connection.next()
            connection.pauseReading()
            let piece = Frame.body(channel: 1, [UInt8](repeating: 1, count: 64 << 10)).bytes
            let sent = client.sendUntilStuck(piece, limit: 256 << 20)
            #expect(sent < 256 << 20)
            connection.resumeReading()
            try await eventually("all has arrived") { connection.bytesReceived == sent + Login.header.count }
            #expect(connection.frames.count == 1 + sent / piece.count)
        }
    }

    @Test("serves hundreds of quick clients, and ends promptly")
    func manyClients() async throws {
        try await ScriptedBroker.serving { connection in
            try await connection.handshake()
            try await connection.serve()
        } while: { (broker) async throws in
            try await withThrowingTaskGroup(of: Void.self) { (group) async throws in
                for _ in 0..<200 {
                    group.addTask {
                        let client = try TestSocket(port: broker.port)
                        client.send(Login.header + Login.frames.flatMap(\.bytes))
                        for _ in 0..<3 { _ = try await client.frame() }
                        client.send(Frame.method(.connectionClose) { $0.short(200) }.bytes)
                        #expect(try await nextMethod(client) == .connectionCloseOk)
                        #expect(try await client.receive() == [])
                    }
                }
                try await group.waitForAll()
            }
            #expect(broker.connections.count == 200)
            let open = try TestSocket(port: broker.port)
            let took = await ContinuousClock().measure { await broker.stop() }
            #expect(took < .seconds(1))
            await #expect(throws: (any Error).self) { _ = try await open.receive(exactly: 1) }
            #expect(try TCPSocket.connected(port: broker.port) == nil)
        }
    }

    @Test("nobody to accept is an error at the deadline, and at the stop")
    func noClient() async throws {
        let broker = try ScriptedBroker()
        let error = await #expect(throws: WarrenTestingError.self) {
            try await broker.accept(within: .milliseconds(20))
        }
        #expect(error?.code == .timedOut)
        await broker.stop()
        let second = await #expect(throws: WarrenTestingError.self) { try await broker.accept() }
        #expect(second?.code == .wrongState)
    }

    private func nextKind(_ connection: ScriptedBroker.Connection) async throws -> Frame.Kind {
        try await connection.next().kind
    }

    private func nextMethod(_ client: TestSocket) async throws -> ScriptedBroker.Method? {
        try await client.frame().method
    }
}
