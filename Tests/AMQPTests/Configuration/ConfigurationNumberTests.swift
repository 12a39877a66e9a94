import Testing

@testable import AMQP

@Suite("Numbers of the application's choice")
struct ConfigurationNumberTests {
    private static func client(_ change: (inout AMQPClientConfiguration) -> Void) throws -> AMQPClient {
        var configuration = AMQPClientConfiguration()
        change(&configuration)
        return try AMQPClient(url: "amqp://localhost", configuration: configuration)
    }

    @Test("A consumer timeout beyond all time is no trap")
    func consumerTimeout() throws {
        let client = try Self.client { $0.consumerTimeout = Duration(attoseconds: .max) }
        let overdueAfter = try #require(client.consuming.settings.overdueAfter)
        #expect(overdueAfter > .seconds(Int64.max))
        let usual = try Self.client { $0.consumerTimeout = .seconds(1800) }
        #expect(usual.consuming.settings.overdueAfter == .seconds(1440))
        let none = try Self.client { $0.consumerTimeout = nil }
        #expect(none.consuming.settings.overdueAfter == nil)
    }

    @Test("A publisher's window that cannot be kept is refused", arguments: [0, -1, .min, (1 << 20) + 1, .max])
    func window(window: Int) async throws {
        let configured = await failure { try Self.client { $0.publishWindow = window } }
        #expect(configured?.code == .invalidConfiguration)
        let client = try Self.client { _ in }
        let error = await failure { try await client.withPublisher(window: window) { _ in } }
        #expect(error?.code == .invalidArgument && error?.message.contains("\(window)") == true)
    }

    @Test("A publisher's smallest and largest window are taken", arguments: [1, 1 << 20])
    func windows(window: Int) async throws {
        let client = try Self.client { $0.publishWindow = window }
        try await client.withPublisher(window: window) { _ in }
    }
}
