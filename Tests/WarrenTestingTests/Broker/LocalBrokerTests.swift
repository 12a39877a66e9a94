import Testing

@testable import WarrenTesting

@Suite("A private broker")
struct LocalBrokerTests {
    @Test("answers as soon as it is started, and leaves neither process nor folder when it is stopped")
    func startAndStop() async throws {
        let broker = try await LocalBroker.start()
        #expect(try BrokerProbe.answers(port: broker.port))
        #expect(broker.url == "amqp://guest:guest@127.0.0.1:\(broker.port)")
        let folder = try #require(broker.folder)
        let processes = processesNaming(folder)
        #expect(processes.contains(try #require(broker.nodes[0].processID)))
        #expect(exists(folder))

        await broker.stop()
        #expect(try TCPSocket.connected(port: broker.port) == nil)
        try await eventually("its helpers have ended with it") { processes.filter(isAlive).isEmpty }
        #expect(!exists(folder))
    }

    @Test("is stopped when the body of its scope throws")
    func scope() async throws {
        struct Failure: Error {}
        var port = 0
        await #expect(throws: Failure.self) {
            try await LocalBroker.withBroker { broker in
                port = broker.port
                throw Failure()
            }
        }
        #expect(try TCPSocket.connected(port: port) == nil)
    }
}
