import Testing
import WarrenRuntime

@testable import AMQP

/// A connection's core without a thread: the test says what the broker says.
enum CoreUnderTest {
    static let owner = Connection.Owner(
        needsRecovery: { false },
        recover: { _ in },
        report: { _ in },
        stateChanged: {}
    )

    static let tuning = Tuning(channelMax: 10, frameMax: 4096, heartbeat: 0)

    static func settings(_ change: (inout AMQPClientConfiguration) -> Void = { _ in }) throws -> ConnectionSettings {
        var configuration = AMQPClientConfiguration()
        change(&configuration)
        return try ConnectionSettings(url: AMQPURL("amqp://test"), configuration: configuration, role: "test")
    }

    /// A connection that never runs.
    static func connection(_ change: (inout AMQPClientConfiguration) -> Void = { _ in }) throws -> Connection {
        try Connection(settings: settings(change), clock: ManualClock(), owner: owner)
    }
}
