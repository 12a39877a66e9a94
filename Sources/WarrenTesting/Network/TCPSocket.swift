import CLinux
import Glibc

/// Loopback TCP sockets, as few calls as the test kit needs.
enum TCPSocket {
    /// A socket bound to a port of 127.0.0.1; 0 is any free one.
    static func bound(port: Int = 0) throws(WarrenTestingError) -> Descriptor {
        let descriptor = try make()
        setOption(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)
        let code = unsafe withAddress(port: port) { address, length in unsafe bind(descriptor.number, address, length) }
        guard code == 0 else { throw .system("bind 127.0.0.1", errno) }
        return descriptor
    }

    /// A listening socket on a port of 127.0.0.1; 0 is any free one.
    static func listening(port: Int = 0) throws(WarrenTestingError) -> Descriptor {
        let descriptor = try bound(port: port)
        guard listen(descriptor.number, 1024) == 0 else { throw .system("listen", errno) }
        return descriptor
    }

    /// A connection to 127.0.0.1; `nil` when it is refused.
    static func connected(port: Int) throws(WarrenTestingError) -> Descriptor? {
        let descriptor = try make()
        setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let code = unsafe withAddress(port: port) { address, length in
            unsafe connect(descriptor.number, address, length)
        }
        if code == 0 { return descriptor }
        guard errno == ECONNREFUSED else { throw .system("connect 127.0.0.1:\(port)", errno) }
        return nil
    }

    static func localPort(_ descriptor: Descriptor) throws(WarrenTestingError) -> Int {
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let code = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(descriptor.number, $0, &length)
            }
        }
        guard code == 0 else { throw .system("getsockname", errno) }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    static func setOption(_ descriptor: Descriptor, _ level: Int32, _ name: Int32, _ value: Int32) {
        var value = value
        _ = unsafe setsockopt(descriptor.number, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
    }

    /// Makes the coming close a reset (RST) instead of an orderly end (FIN).
    static func resetOnClose(_ descriptor: Descriptor) {
        var value = linger(l_onoff: 1, l_linger: 0)
        let size = socklen_t(MemoryLayout<linger>.size)
        _ = unsafe setsockopt(descriptor.number, SOL_SOCKET, SO_LINGER, &value, size)
    }

    /// Waits until there is something to read or the peer has closed; `false` when `milliseconds` pass first.
    static func awaitReadable(_ descriptor: Descriptor, milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) > 0
    }

    private static func make() throws(WarrenTestingError) -> Descriptor {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw .system("socket", errno) }
        return Descriptor(number)
    }

    private static func withAddress(
        port: Int,
        _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        return unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
