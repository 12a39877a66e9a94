import Glibc
import WarrenRuntime

/// A TCP proxy on a free loopback port, between a client and a broker, that breaks the network on demand.
///
/// ```swift
/// let proxy = try FaultProxy(to: broker.url)
/// let client = try AMQPClient(url: proxy.url)
/// …
/// proxy.cut()
/// ```
///
/// Untouched it passes everything through at several hundred MB/s. A fault holds for all connections, those of now and
/// those to come, until ``passThrough()``. It stops with ``stop()``, or when its last reference goes away.
public final class FaultProxy: Sendable {
    /// How connections are cut.
    public enum Cut: Sendable, Hashable {
        /// At once (RST): what is under way is lost.
        case reset
        /// In order (FIN), as when the peer closes.
        case orderly
    }

    /// Its port on 127.0.0.1.
    public let port: Int

    /// The broker's address with the proxy's host and port in place of its own.
    public let url: String

    private let reservation: ReservedPort
    private let loop: ProxyLoop

    /// Starts to listen.
    ///
    /// - Parameters:
    ///   - url: the broker behind the proxy, `amqp://` or `amqps://`. With TLS, the client must verify the name in the
    ///     broker's certificate, not the proxy's address.
    ///   - isRecording: whether every byte is kept for ``recordings``, as long as the proxy lives.
    /// - Throws: ``WarrenTestingError`` with `.invalidArgument` when it is no such URL or its host is unknown.
    public init(to url: String, isRecording: Bool = false) throws(WarrenTestingError) {
        let address = try BrokerAddress(url)
        let target = try SocketAddress(host: address.host, port: address.port)
        reservation = try ReservedPort()
        port = reservation.number
        self.url = address.url(localPort: port)
        loop = try ProxyLoop(port: port, target: target, isRecording: isRecording)
        try loop.start()
    }

    deinit {
        loop.stop()
    }

    // MARK: - Faults

    /// Cuts all connections of now; new ones are welcome.
    public func cut(_ cut: Cut = .reset) { loop.change { $0.cut = cut } }

    /// Swallows what both sides send, and keeps the connections: a half-open network, as when a router dies.
    ///
    /// Nobody learns that the other side has closed. Connections that lost bytes so are reset by ``passThrough()``.
    public func goSilent() { loop.change { $0.faults.flow = .silent } }

    /// Holds back what both sides send, without losing any: the senders get stuck once the buffers are full.
    public func stall() { loop.change { $0.faults.flow = .stalled } }

    /// Lets every byte arrive this much later, in both directions.
    public func delay(_ delay: Duration) { loop.change { $0.faults.delay = max(.zero, delay) } }

    /// Lets through at most this many bytes per second, in each direction of each connection; at least one.
    public func throttle(bytesPerSecond: Int) { loop.change { $0.faults.bytesPerSecond = max(1, bytesPerSecond) } }

    /// Writes at most this many bytes at a time, in both directions; at least one.
    public func segment(bytes: Int) { loop.change { $0.faults.segment = max(1, bytes) } }

    /// Refuses new connections; those of now go on.
    ///
    /// It holds when the call returns.
    public func refuse() { loop.refuse() }

    /// Takes new connections again, after ``refuse()``.
    ///
    /// - Throws: ``WarrenTestingError`` with `.system` when the port cannot be listened on.
    public func accept() throws(WarrenTestingError) { try loop.listen() }

    /// Ends every fault but ``refuse()``; connections that have lost bytes to ``goSilent()`` are reset.
    public func passThrough() { loop.change { $0.faults = ProxyFaults() } }

    /// Closes everything, and returns when nothing is left of it.
    public func stop() async {
        loop.stop()
        _ = try? await loop.bell.first(within: .seconds(10)) { loop.counts.hasEnded ? true : nil }
    }

    // MARK: - What happened

    /// How many connections are open.
    public var connectionCount: Int { loop.counts.open }

    /// How many connections there have been.
    public var totalConnections: Int { loop.counts.total }

    /// How many bytes clients have sent, swallowed ones included.
    public var bytesFromClients: Int { loop.counts.fromClients }

    /// How many bytes the broker has sent, swallowed ones included.
    public var bytesFromBroker: Int { loop.counts.fromBroker }

    /// What was sent over one connection so far, swallowed bytes included.
    public struct Recording: Sendable, Hashable {
        /// The client's bytes, in order.
        public let fromClient: [UInt8]
        /// The broker's bytes, in order.
        public let fromBroker: [UInt8]
    }

    /// Every connection in the order of their beginnings; none unless the proxy is recording.
    public var recordings: [Recording] { loop.recordings }
}
