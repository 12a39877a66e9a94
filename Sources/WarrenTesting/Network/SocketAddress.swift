import Glibc

/// An address of any family, as the system wants it.
struct SocketAddress: Sendable {
    let family: Int32
    private let bytes: [UInt8]

    /// Resolves a host; an address in figures takes no look-up.
    init(host: String, port: Int) throws(WarrenTestingError) {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = unsafe getaddrinfo(host, "\(port)", &hints, &list)
        guard code == 0, let first = unsafe list?.pointee, let address = unsafe first.ai_addr else {
            let reason = unsafe gai_strerror(code).flatMap { unsafe String(validatingCString: $0) } ?? "error \(code)"
            throw WarrenTestingError(.invalidArgument, "cannot find the host \(host): \(reason)")
        }
        defer { unsafe freeaddrinfo(list) }
        family = unsafe first.ai_family
        bytes = unsafe Array(UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
    }

    /// Begins to connect; the socket does not block, and says itself when that fails.
    func connect() throws(WarrenTestingError) -> Descriptor {
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let number = socket(family, type, 0)
        guard number >= 0 else { throw .system("socket", errno) }
        let descriptor = Descriptor(number)
        TCPSocket.setOption(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, 1)
        let code = unsafe bytes.withUnsafeBytes { buffer -> Int32 in
            guard let address = unsafe buffer.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return -1 }
            return unsafe Glibc.connect(number, address, socklen_t(buffer.count))
        }
        guard code == 0 || errno == EINPROGRESS else { throw .system("connect", errno) }
        return descriptor
    }
}
