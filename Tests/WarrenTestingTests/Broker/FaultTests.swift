import Testing

@testable import WarrenTesting

/// One broker for the suite, so one test at a time.
@Suite("The faults of a broker", .serialized)
struct FaultTests {
    @Test("kill, suspend, shut down and restart do what they say, on one port with the same data")
    func verbs() async throws {
        try await LocalBroker.withBroker { broker in
            let node = broker.nodes[0]
            let first = try #require(node.processID)
            try await broker.addVhost("kept")

            try node.suspend()
            // The kernel stops its threads one after the other.
            try await eventually("a suspended broker is connected, and silent") { try await !probe(broker.port) }
            try node.resume()
            try await eventually("the resumed broker answers") { try await probe(broker.port) }

            try await node.kill()
            #expect(!isAlive(first))
            #expect(node.processID == nil)
            #expect(try TCPSocket.connected(port: broker.port) == nil)
            #expect(throws: WarrenTestingError.self) { try node.suspend() }

            try await node.restart()
            #expect(try await probe(broker.port))
            #expect(try await broker.rabbitmqctl(["list_vhosts"]).contains("kept"))

            let second = try #require(node.processID)
            try await node.shutDown()
            #expect(!isAlive(second))
            try await eventually("no zombie is left") { zombies().isEmpty }
        }
    }

    private func probe(_ port: Int) async throws -> Bool {
        try await BlockingCall.run("probe") { try BrokerProbe.answers(port: port) }
    }
}
