import Glibc
import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("An open connection's thread")
struct ConnectionSessionTests {
    private static let heartbeat: UInt16 = 10

    /// What ends a connection that says `bytes` and closes, in a process that stood still meanwhile.
    private static func end(afterSilenceWith bytes: [UInt8], closing: Bool) throws -> AMQPError? {
        let core = try CoreUnderTest()
        let pair = try TransportPair()
        var session = ConnectionSession(
            core.connection,
            pair.transport,
            FrameParser(frameMax: 4096),
            host: "peer",
            heartbeat: heartbeat,
            recover: { _ in }
        )
        try pair.peer.send(bytes)
        if closing { _ = shutdown(pair.peer.descriptor, Int32(SHUT_WR)) }
        core.clock.advance(by: .seconds(2 * Int(heartbeat)))
        return session.serve()
    }

    @Test("that stood still itself reads what waits before it says that the peer is dead")
    func stoodStill() throws {
        let error = try Self.end(afterSilenceWith: FrameFormat.heartbeatFrame, closing: true)
        #expect(error?.message == "peer closed the connection")
    }

    @Test("heeds what a peer said before it took no more: confirms, and why it leaves")
    func takesNoMore() throws {
        let core = try CoreUnderTest()
        core.connect()
        let id = try core.open(window: 10)
        let confirmed = try core.publish(on: id)
        _ = try core.sent()
        let last = try core.publish(on: id)
        let ack = WireBytes.method(60, 80, .number(1 as UInt64), [0])
        let close = WireBytes.method(10, 50, .number(320 as UInt16), .shortString("CONNECTION_FORCED"), [0, 0, 0, 0])
        try core.pair.peer.send(WireBytes.frame(1, 1, ack).bytes + WireBytes.frame(1, 0, close).bytes)
        _ = shutdown(core.pair.peer.descriptor, Int32(SHUT_RDWR))
        var session = ConnectionSession(
            core.connection,
            core.pair.transport,
            FrameParser(frameMax: 4096),
            host: "peer",
            heartbeat: 0,
            recover: { _ in }
        )
        let error = session.serve()
        #expect(error?.reply?.code == 320)
        #expect(confirmed.outcome.current == .acked(routed: false) && last.outcome.current == nil)
    }

    @Test("says that a peer is dead that has sent nothing")
    func silence() throws {
        let error = try Self.end(afterSilenceWith: [], closing: false)
        #expect(error?.message.contains("no sign of life") == true)
    }
}
