import CLinux
import Glibc
import WarrenRuntime

/// A server on a free loopback port that does to a client whatever a test scripts, byte by byte if it must.
///
/// ```swift
/// let broker = try ScriptedBroker()
/// let connection = try await broker.accept()
/// try await connection.handshake()
/// let declare = try await connection.next(.queueDeclare)
/// connection.sendHalf(of: .method(.queueDeclareOk, channel: declare.channel))
/// connection.reset()
/// ```
///
/// It knows nothing of the client under test: its frames are its own. What the client sends is recorded, connection by
/// connection, without a bound. It stops with ``stop()``, or when its last reference goes away.
public final class ScriptedBroker: Sendable {
    /// Its port on 127.0.0.1.
    public let port: Int

    private let loop: ScriptLoop

    /// Starts to listen.
    ///
    /// - Throws: ``WarrenTestingError`` with `.system` when there is no free port or thread.
    public init() throws(WarrenTestingError) {
        let listener = try TCPSocket.listening()
        port = try TCPSocket.localPort(listener)
        loop = try ScriptLoop(listener: listener)
        try loop.start()
    }

    deinit {
        loop.stop()
    }

    /// Its address: `amqp://guest:guest@127.0.0.1:PORT`.
    public var url: String { "amqp://guest:guest@127.0.0.1:\(port)" }

    /// All connections so far, the oldest first.
    public var connections: [Connection] { loop.connections }

    /// The next connection that was not handed out yet.
    ///
    /// - Parameter limit: how long to wait for a client. Default: 10 s.
    /// - Returns: the connection; nothing has been sent on it.
    /// - Throws: ``WarrenTestingError`` with `.timedOut` when none comes, `.wrongState` when the broker was stopped;
    ///   `CancellationError` when the task is cancelled.
    public func accept(within limit: Duration = .seconds(10)) async throws -> Connection {
        let connection = try await loop.bell.first(within: limit) { try loop.takeAccepted() }
        guard let connection else {
            throw WarrenTestingError(.timedOut, "no client connected to port \(port) within \(limit)")
        }
        return connection
    }

    /// Closes everything, and returns when nothing is left of it.
    public func stop() async {
        loop.stop()
        _ = try? await loop.bell.first(within: .seconds(10)) { loop.hasEnded ? true : nil }
    }

    /// Runs a script for every client that connects, while `body` drives the clients; then stops.
    ///
    /// - Parameters:
    ///   - script: runs once per connection; when it returns, the connection stays open. What it throws is of no
    ///     consequence: clients come and go in the middle of a script.
    ///   - body: what is done with the broker meanwhile.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws, and `.system` when there is no free port.
    public static func serving<Result>(
        _ script: @escaping @Sendable (Connection) async throws -> Void,
        while body: (ScriptedBroker) async throws -> Result
    ) async throws -> Result {
        let broker = try ScriptedBroker()
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await withDiscardingTaskGroup { scripts in
                    while let connection = try? await broker.accept(within: .seconds(86_400)) {
                        scripts.addTask { try? await script(connection) }
                    }
                    scripts.cancelAll()
                }
            }
            defer { group.cancelAll() }
            do {
                let result = try await body(broker)
                await broker.stop()
                return result
            } catch {
                await broker.stop()
                throw error
            }
        }
    }
}
