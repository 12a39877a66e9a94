@testable import WarrenTesting

/// What a client sends to log in.
enum Login {
    static let header: [UInt8] = Array("AMQP".utf8) + [0, 0, 9, 1]

    static let frames: [ScriptedBroker.Frame] = [
        .method(.connectionStartOk) { arguments in
            arguments.table(["product": "test", "capabilities": ["basic.nack": true]])
            arguments.shortString("PLAIN")
            arguments.longString("\0guest\0guest")
            arguments.shortString("en_US")
        },
        .method(.connectionTuneOk) { arguments in
            arguments.short(5)
            arguments.long(4096)
            arguments.short(30)
        },
        .method(.connectionOpen) { arguments in
            arguments.shortString("/v")
            arguments.shortString("")
            arguments.bits(false)
        },
    ]
}

extension TestSocket {
    /// Reads one frame of a server.
    func frame() async throws -> ScriptedBroker.Frame {
        let head = try await receive(exactly: 7)
        let size = head[3...6].reduce(0) { $0 << 8 | Int($1) }
        let rest = try await receive(exactly: size + 1)
        guard rest.last == 0xCE else { throw WarrenTestingError(.malformedFrame, "no 0xCE at the end") }
        let channel = UInt16(head[1]) << 8 | UInt16(head[2])
        return ScriptedBroker.Frame(type: head[0], channel: channel, payload: rest.dropLast())
    }
}

/// A connected client and its connection at a scripted broker.
func withConnection(
    _ body: (_ client: TestSocket, _ connection: ScriptedBroker.Connection) async throws -> Void
) async throws {
    let broker = try ScriptedBroker()
    let client = try TestSocket(port: broker.port)
    try await body(client, try await broker.accept())
    await broker.stop()
}
