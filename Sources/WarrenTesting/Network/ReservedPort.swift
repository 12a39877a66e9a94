import Glibc

/// A loopback TCP port that no other process is given while this value lives, and on which nothing listens by itself.
///
/// It holds a socket that is bound but does not listen: connecting is refused, and a server that sets `SO_REUSEADDR`
/// (as nearly all do) can still listen there. So a server may come, go and come back on one port.
public final class ReservedPort: Sendable {
    /// The port on 127.0.0.1.
    public let number: Int

    private let socket: Descriptor

    /// Reserves a free port.
    ///
    /// - Throws: ``WarrenTestingError`` with `.system` when there is none.
    public init() throws(WarrenTestingError) {
        socket = try TCPSocket.bound()
        number = try TCPSocket.localPort(socket)
    }
}
