import Glibc
import Testing

@testable import AMQP

/// A plain transport, and the test's end of it.
struct TransportPair {
    let transport: Transport
    let peer: TestPeer

    /// With `packets` the test's end receives by itself what each system call has sent.
    init(packets: Bool = false) throws {
        var descriptors: [Int32] = [0, 0]
        let kind = Int32((packets ? SOCK_SEQPACKET : SOCK_STREAM).rawValue | SOCK_CLOEXEC.rawValue)
        try #require(unsafe socketpair(AF_UNIX, kind, 0, &descriptors) == 0)
        try #require(fcntl(descriptors[0], F_SETFL, O_NONBLOCK) == 0)
        transport = Transport(socket: Socket(adopting: descriptors[0]), tls: nil)
        peer = TestPeer(descriptor: descriptors[1])
    }
}
