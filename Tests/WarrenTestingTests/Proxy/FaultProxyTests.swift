import Glibc
import Testing

@testable import WarrenTesting

@Suite("A fault proxy")
struct FaultProxyTests {
    @Test("passes bytes both ways, counts them, and keeps user and vhost in its address")
    func passThrough() async throws {
        try await withLine { proxy, client, server in
            #expect(proxy.url == "amqp://me:secret@127.0.0.1:\(proxy.port)/v?x=1")
            client.send("hello")
            #expect(try await server.receive(exactly: 5) == Array("hello".utf8))
            server.send("you")
            #expect(try await client.receive(exactly: 3) == Array("you".utf8))
            #expect(proxy.connectionCount == 1)
            #expect(proxy.totalConnections == 1)
            try await eventually("the bytes are counted") { proxy.bytesFromClients == 5 && proxy.bytesFromBroker == 3 }
        }
    }

    @Test("loses nothing of many megabytes, while the receiver is slow to begin")
    func bulk() async throws {
        try await withLine { _, client, server in
            let bytes = (0..<8 << 20).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 11) }
            async let sent = BlockingCall.run("send") { client.descriptor.send(bytes) }
            let received = try await server.receive(exactly: bytes.count)
            #expect(received == bytes)
            #expect(try await sent)
        }
    }

    @Test("keeps what each connection has sent, swallowed bytes too, when it is recording")
    func recording() async throws {
        try await withLine(isRecording: true) { proxy, client, server in
            client.send("hello")
            _ = try await server.receive(exactly: 5)
            proxy.goSilent()
            server.send("you")
            try await eventually("the bytes are swallowed") { proxy.bytesFromBroker == 3 }
            let second = try TestSocket(port: proxy.port)
            second.send("me too")
            try await eventually("the second is heard") { proxy.bytesFromClients == 11 }
            let expected = [(Array("hello".utf8), Array("you".utf8)), (Array("me too".utf8), [])]
            #expect(proxy.recordings == expected.map { .init(fromClient: $0, fromBroker: $1) })
        }
        try await withLine { proxy, client, server in
            client.send("hello")
            _ = try await server.receive(exactly: 5)
            #expect(proxy.recordings.isEmpty)
        }
    }

    @Test("an orderly end is passed on, and the other direction goes on")
    func halfClose() async throws {
        try await withLine { proxy, client, server in
            client.send("bye")
            client.closeWriting()
            #expect(try await server.receive(exactly: 3) == Array("bye".utf8))
            #expect(try await server.receive() == [])
            server.send("late")
            #expect(try await client.receive(exactly: 4) == Array("late".utf8))
            server.closeWriting()
            #expect(try await client.receive() == [])
            try await eventually("the connection is over") { proxy.connectionCount == 0 }
        }
    }

    @Test("a cut resets both sides, and the next connection works")
    func cut() async throws {
        try await withLine { (proxy, client, server) async throws in
            proxy.cut()
            for side in [client, server] {
                let error = await #expect(throws: WarrenTestingError.self) { _ = try await side.receive() }
                #expect(error?.code == .peerClosed)
            }
            _ = try TestSocket(port: proxy.port)
            try await eventually("the next connection is taken") { proxy.totalConnections == 2 }
        }
    }

    @Test("an orderly cut looks like the end of the peer")
    func orderlyCut() async throws {
        try await withLine { (proxy, client, server) async throws in
            proxy.cut(.orderly)
            #expect(try await client.receive() == [])
            #expect(try await server.receive() == [])
        }
    }

    @Test("silence swallows bytes and ends; what lost bytes is reset after it")
    func silence() async throws {
        try await withLine { (proxy, client, server) async throws in
            proxy.goSilent()
            client.send("lost")
            try await eventually("the bytes are swallowed") { proxy.bytesFromClients == 4 }
            #expect(try await server.isSilent())
            client.closeWriting()
            #expect(try await server.isSilent())
            #expect(proxy.connectionCount == 1)
            proxy.passThrough()
            await #expect(throws: WarrenTestingError.self) { _ = try await server.receive() }
        }
    }

    @Test("a stalled line holds bytes back and loses none")
    func stall() async throws {
        try await withLine { (proxy, client, server) async throws in
            proxy.stall()
            client.send("kept")
            #expect(try await server.isSilent())
            proxy.passThrough()
            #expect(try await server.receive(exactly: 4) == Array("kept".utf8))
        }
    }

    @Test("a delayed line is late by the delay, and keeps the order")
    func delay() async throws {
        try await withLine { proxy, client, server in
            proxy.delay(.milliseconds(100))
            let took = try await ContinuousClock().measure {
                client.send("a")
                client.send("b")
                let received = try await server.receive(exactly: 2)
                #expect(received == Array("ab".utf8))
            }
            #expect(took >= .milliseconds(100))
            proxy.delay(.seconds(3600))
            client.send("c")
            try await eventually("the proxy has it") { proxy.bytesFromClients == 3 }
            proxy.passThrough()
            #expect(try await server.receive(exactly: 1) == Array("c".utf8))
        }
    }

    @Test("a throttled line takes as long as its rate says")
    func throttle() async throws {
        try await withLine { proxy, client, server in
            proxy.throttle(bytesPerSecond: 100_000)
            let took = try await ContinuousClock().measure {
                client.send([UInt8](repeating: 7, count: 20_000))
                _ = try await server.receive(exactly: 20_000)
            }
            #expect(took >= .milliseconds(150))
            #expect(took < .seconds(5))
        }
    }

    @Test("a segmented line arrives in small pieces, complete")
    func segment() async throws {
        try await withLine { proxy, client, server in
            proxy.segment(bytes: 1)
            let bytes = (0..<2000).map { UInt8(truncatingIfNeeded: $0) }
            client.send(bytes)
            var received = try await server.receive()
            #expect(received.count < bytes.count)
            received += try await server.receive(exactly: bytes.count - received.count)
            #expect(received == bytes)
        }
    }

    @Test("refuses new connections at once, keeps the old one, and takes new ones again")
    func refuse() async throws {
        try await withLine { proxy, client, server in
            proxy.refuse()
            #expect(try TCPSocket.connected(port: proxy.port) == nil)
            client.send("still")
            #expect(try await server.receive(exactly: 5) == Array("still".utf8))
            try proxy.accept()
            _ = try TestSocket(port: proxy.port)
            try await eventually("it is taken") { proxy.totalConnections == 2 }
        }
    }

    @Test("a client is reset when there is no broker behind the proxy")
    func noBroker() async throws {
        let nobody = try ReservedPort()
        let proxy = try FaultProxy(to: "amqp://127.0.0.1:\(nobody.number)")
        let client = try TestSocket(port: proxy.port)
        await #expect(throws: WarrenTestingError.self) { _ = try await client.receive() }
        await proxy.stop()
    }

    @Test("is gone when it is stopped, connections and all")
    func stop() async throws {
        try await withLine { (proxy, client, _) async throws in
            await proxy.stop()
            #expect(try TCPSocket.connected(port: proxy.port) == nil)
            await #expect(throws: (any Error).self) { _ = try await client.receive(exactly: 1) }
        }
    }

    @Test("a broker behind it answers as without it")
    func realBroker() async throws {
        let proxy = try FaultProxy(to: try await LocalBroker.shared().url)
        #expect(try await BlockingCall.run("probe") { try BrokerProbe.answers(port: proxy.port) })
        await proxy.stop()
    }
}

/// A client and a server with a proxy between them.
private func withLine(
    isRecording: Bool = false,
    _ body: (_ proxy: FaultProxy, _ client: TestSocket, _ server: TestSocket) async throws -> Void
) async throws {
    let listener = try TCPSocket.listening()
    let url = "amqp://me:secret@127.0.0.1:\(try TCPSocket.localPort(listener))/v?x=1"
    let proxy = try FaultProxy(to: url, isRecording: isRecording)
    let client = try TestSocket(port: proxy.port)
    let server = try await BlockingCall.run("accept") {
        guard TCPSocket.awaitReadable(listener, milliseconds: 10_000) else {
            throw WarrenTestingError(.timedOut, "the proxy did not connect")
        }
        return TestSocket(Descriptor(accept(listener.number, nil, nil)))
    }
    try await body(proxy, client, server)
    await proxy.stop()
}
