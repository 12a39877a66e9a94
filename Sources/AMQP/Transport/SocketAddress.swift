package import Glibc

/// An IPv4 or IPv6 address with a port, as the kernel wants it.
package struct SocketAddress: Hashable, CustomStringConvertible {
    /// The bytes of a `sockaddr_in` or `sockaddr_in6`.
    private let bytes: [UInt8]
    let family: Int32

    /// Copies an address that a system call gave.
    package init(_ address: UnsafePointer<sockaddr>, length: socklen_t) {
        bytes = unsafe Array(UnsafeRawBufferPointer(start: address, count: Int(length)))
        family = unsafe Int32(address.pointee.sa_family)
    }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>?, socklen_t) -> Result) -> Result {
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe body(bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(bytes.count))
        }
    }

    /// `192.0.2.1:5672` or `[2001:db8::1]:5672`.
    package var description: String {
        var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
        let code = unsafe withSockaddr { address, length in
            unsafe getnameinfo(
                address,
                length,
                &host,
                socklen_t(host.count),
                &port,
                socklen_t(port.count),
                NI_NUMERICHOST | NI_NUMERICSERV
            )
        }
        guard code == 0 else { return "an address of family \(family)" }
        let name = Self.text(host)
        return name.contains(":") ? "[\(name)]:\(Self.text(port))" : "\(name):\(Self.text(port))"
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// The families by turns, beginning with the first one's: RFC 8305, section 4.
    package static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let preferred = addresses.first?.family else { return [] }
        let first = addresses.filter { $0.family == preferred }
        let second = addresses.filter { $0.family != preferred }
        var result: [SocketAddress] = []
        for index in 0..<max(first.count, second.count) {
            if index < first.count { result.append(first[index]) }
            if index < second.count { result.append(second[index]) }
        }
        return result
    }
}
