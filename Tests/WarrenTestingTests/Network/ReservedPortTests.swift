import Testing

@testable import WarrenTesting

@Suite("A reserved port")
struct ReservedPortTests {
    @Test("refuses connections, can be listened on, and is no other's")
    func reserved() throws {
        let ports = try (0..<50).map { _ in try ReservedPort() }
        #expect(Set(ports.map(\.number)).count == 50)
        let port = try #require(ports.first).number
        #expect(try TCPSocket.connected(port: port) == nil)
        for _ in 0..<2 {
            let listener = try TCPSocket.listening(port: port)
            #expect(try TCPSocket.connected(port: port) != nil)
            withExtendedLifetime(listener) {}
        }
        #expect(try TCPSocket.connected(port: port) == nil)
    }
}
