import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("What other clients have taught: a connection", .timeLimit(.minutes(1)))
struct CoreLessonsTests {
    @Test("100,000 messages that ten tasks publish leave in less than a tenth of as many system calls")
    func systemCalls() async throws {
        let (tasks, each) = (10, 10_000)
        let core = try CoreUnderTest(packets: true) { $0.outboxLimit = 64 << 10 }
        core.connect()
        let id = try core.open()
        let channel = core.channel(id)
        try await channel.publish(AMQPMessage("x"), to: "e", routingKey: "k")
        let size = try core.sent().reduce(0) { $0 + $1.payload.count + FrameFormat.overhead }

        async let end = core.serve()
        async let calls = core.countReceived(bytes: tasks * each * size)
        try await inParallel(tasks) { _ in
            for _ in 0..<each { try await channel.publish(AMQPMessage("x"), to: "e", routingKey: "k") }
        }
        let count = try await calls
        #expect(count < tasks * each / 10, "\(count) system calls")
        core.hangUp()
        #expect(try await end?.code == .connectionLost)
        core.end()
    }

    @Test("Settling returns at once while the peer reads nothing and the socket takes no more")
    func settlingIntoSilence() async throws {
        let core = try CoreUnderTest()
        core.connect()
        let (id, deliveries) = try CoreConsumingTests.consumer(core, 100)
        let other = try core.open()
        async let end = core.serve()
        let channel = core.channel(other)
        let moreThanTheSocketTakes = AMQPMessage(body: [UInt8](repeating: 0, count: 8 << 20))
        try await channel.publish(moreThanTheSocketTakes, to: "e", routingKey: "k")
        try await eventually("the thread is stuck with it") {
            core.connection.core.withLock { $0.outbox.isWriting }
        }
        let start = ContinuousClock.now
        for delivery in deliveries { #expect(try delivery.ack() == .sent) }
        #expect(start.duration(to: .now) < .seconds(1))
        #expect(core.state(id) == .open(1))
        core.hangUp()
        #expect(try await end?.code == .connectionLost)
        core.end()
    }
}

extension CoreUnderTest {
    /// The application's side of a channel.
    fileprivate func channel(_ id: SlotID) -> AMQPChannel {
        AMQPChannel(connection: connection, id: id, use: .publishing, recorder: TopologyRecorder())
    }

    /// Does what the I/O thread does, until the peer hangs up; the clock stands still.
    fileprivate func serve() async throws -> AMQPError? {
        let (connection, transport) = (connection, pair.transport)
        return try await onThread {
            let parser = FrameParser(frameMax: 131_072)
            var session = ConnectionSession(connection, transport, parser, host: "test", heartbeat: 0) { _ in }
            return session.serve()
        }
    }

    /// Reads so many bytes of packets, and says in how many they came.
    fileprivate func countReceived(bytes: Int) async throws -> Int {
        let peer = pair.peer
        return try await onThread {
            var (left, packets) = (bytes, 0)
            while left > 0 {
                let packet = try peer.receive(atMost: 1 << 20)
                try #require(!packet.isEmpty)
                left -= packet.count
                packets += 1
            }
            return packets
        }
    }

    fileprivate func hangUp() {
        _ = shutdown(pair.peer.descriptor, Int32(SHUT_RDWR))
    }
}
