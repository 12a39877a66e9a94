import Testing

@testable import WarrenTesting

@Suite("LocalBroker")
struct LocalBrokerTests {
    @Test("answers on its port as soon as it is started, and is gone when it is stopped")
    func startAndStop() async throws {
        let broker = try await LocalBroker.start()
        #expect(try BrokerProbe.answers(port: broker.port))
        await broker.stop()
        #expect(try TCPSocket.connected(port: broker.port) == nil)
    }
}
