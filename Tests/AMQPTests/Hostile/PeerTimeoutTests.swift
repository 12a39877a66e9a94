import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

extension ClientTests.HostileTests {
    @Suite("A peer whose system is gone")
    struct PeerTimeouts {
        /// What the system was told of the publishing connection, in milliseconds.
        private static func timeout(_ client: AMQPClient) throws -> Int32 {
            let transport = try #require(client.publishing.core.withLock { $0.transport })
            var value: Int32 = -1
            var size = socklen_t(MemoryLayout<Int32>.size)
            let code = unsafe getsockopt(
                transport.descriptor,
                Int32(IPPROTO_TCP),
                TCP_USER_TIMEOUT,
                &value,
                &size
            )
            try #require(code == 0)
            return value
        }

        @Test(
            "is given as long as for heartbeats, and half a minute without",
            arguments: [(0, 30_000), (20, 30_000), (60, 90_000)]
        )
        func heartbeats(heartbeat: UInt16, expected: Int32) async throws {
            let script: Script = { connection in
                var offer = ScriptedBroker.Offer()
                offer.heartbeat = heartbeat
                try await connection.handshake(offer)
                try await connection.serve()
            }
            var configuration = AMQPClientConfiguration.persistent
            configuration.heartbeat = .seconds(Int(heartbeat))
            try await ScriptedBroker.serving(script) { broker in
                try await AMQPClient.withClient(url: broker.url, configuration: configuration) { client in
                    try await client.publishAnything()
                    #expect(try Self.timeout(client) == expected)
                }
            }
        }

        @Test("is waited for while it blocks publishers: then it reads nothing, however long that takes")
        func blocked() async throws {
            let held = Shared<ScriptedBroker.Connection?>(nil)
            let script = serving { _, connection in
                held.change { $0 = connection }
                return false
            }
            try await withScript(script, .persistent) { client, _ in
                try await client.publishAnything()
                held.value?.sendBlocked("low on disk")
                try await eventually("the system is told to wait") { try Self.timeout(client) == 0 }
                held.value?.sendUnblocked()
                try await eventually("the system is told to give up again") { try Self.timeout(client) == 30_000 }
            }
        }
    }
}
