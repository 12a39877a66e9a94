import AMQP
import WarrenTesting

extension ClientTests.HostileTests {
    typealias Frame = ScriptedBroker.Frame
}

typealias Script = @Sendable (ScriptedBroker.Connection) async throws -> Void

extension AMQPClientConfiguration {
    /// Short deadlines, so that a test that waits for one is short.
    static var impatient: AMQPClientConfiguration {
        var configuration = AMQPClientConfiguration()
        configuration.connectTimeout = .seconds(1)
        configuration.operationTimeout = .seconds(1)
        configuration.confirmTimeout = .seconds(1)
        configuration.closeTimeout = .seconds(1)
        configuration.reconnect.initial = .milliseconds(20)
        configuration.reconnect.maximum = .milliseconds(50)
        return configuration
    }

    /// Short waits between connections, long ones for everything else.
    static var persistent: AMQPClientConfiguration {
        var configuration = AMQPClientConfiguration.impatient
        configuration.operationTimeout = .seconds(30)
        configuration.confirmTimeout = .seconds(30)
        return configuration
    }
}

extension ScriptedBroker.Offer {
    /// No heartbeats: nothing but what a test is about wakes anybody.
    static var withoutHeartbeat: Self {
        var offer = Self()
        offer.heartbeat = 0
        return offer
    }
}

/// Lends a client whose every connection meets a script.
func withScript(
    _ script: @escaping Script,
    _ configuration: AMQPClientConfiguration = .impatient,
    _ body: (AMQPClient, ScriptedBroker) async throws -> Void
) async throws {
    var configuration = configuration
    configuration.heartbeat = .zero
    try await ScriptedBroker.serving(script) { broker in
        try await AMQPClient.withClient(url: broker.url, configuration: configuration) { client in
            try await body(client, broker)
        }
    }
}

/// Meets the first connections with a script each, and the later ones as a friendly broker.
func first(_ scripts: Script...) -> Script {
    let next = Shared(scripts.makeIterator())
    return { connection in
        var script: Script?
        next.change { script = $0.next() }
        if let script { return try await script(connection) }
        try await connection.handshake(.withoutHeartbeat)
        try await connection.serve()
    }
}

/// Logs a client in, and answers as a friendly broker until `handle` has dealt with a frame.
func serving(
    _ handle: @escaping @Sendable (ScriptedBroker.Frame, ScriptedBroker.Connection) async throws -> Bool
) -> Script {
    { connection in
        try await connection.handshake(.withoutHeartbeat)
        try await connection.serve { try await handle($0, connection) }
    }
}

extension AMQPClient {
    /// A publish without a stamp, to nowhere in particular.
    func publishAnything() async throws {
        try await publish(AMQPMessage("x", properties: AMQPProperties(messageID: "1")), to: "", routingKey: "q")
    }
}

/// How long `body` takes.
func duration(_ body: () async throws -> Void) async rethrows -> Duration {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    return clock.now - start
}
