import Testing
import WarrenRuntime
import WarrenTesting

@testable import AMQP

@Suite("The opening of a connection")
struct ConnectionOpeningTests {
    /// How it ends with a peer that never falls silent, and whether something of that was left unread.
    private static func end(isClosing: Bool) throws -> (AMQPError?, leftUnread: Bool) {
        let core = try CoreUnderTest()
        try core.pair.peer.send(FrameFormat.heartbeatFrame)
        if isClosing { core.connection.perform { core, _ in core.phase = .closing } }
        let settings = core.connection.settings
        var opening = ConnectionOpening(
            core.connection,
            core.pair.transport,
            settings.login(at: settings.hosts[0], as: settings.urlCredentials),
            deadline: isClosing ? .distantFuture : core.clock.now
        )
        var failure: AMQPError?
        do throws(AMQPError) {
            _ = try opening.run()
        } catch {
            failure = error
        }
        var rest = [UInt8](repeating: 0, count: 100)
        let left = unsafe rest.withUnsafeMutableBytes { unsafe core.pair.transport.read(into: $0) }
        return (failure, left == .bytes(FrameFormat.heartbeatFrame.count))
    }

    @Test("ends at its deadline also with a peer that never falls silent")
    func deadline() throws {
        let (error, leftUnread) = try Self.end(isClosing: false)
        #expect(error?.code == .unreachable && error?.message.contains("did not answer in time") == true)
        #expect(leftUnread)
    }

    @Test("ends when the client is closed also with a peer that never falls silent")
    func closed() throws {
        let (error, leftUnread) = try Self.end(isClosing: true)
        #expect(error?.code == .closed)
        #expect(leftUnread)
    }
}
