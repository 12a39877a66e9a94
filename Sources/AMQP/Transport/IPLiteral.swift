import Glibc

/// Tells IP address literals from host names.
enum IPLiteral {
    static func isIPv4(_ text: String) -> Bool {
        var address = in_addr()
        return unsafe inet_pton(AF_INET, text, &address) == 1
    }

    /// The address is without brackets; a zone (`fe80::1%eth0`) is allowed.
    static func isIPv6(_ text: String) -> Bool {
        var address = in6_addr()
        return unsafe inet_pton(AF_INET6, withoutZone(text), &address) == 1
    }

    /// `fe80::1%eth0` without its `%eth0`, which has a meaning on this machine only.
    static func withoutZone(_ text: String) -> String {
        text.firstIndex(of: "%").map { String(text[..<$0]) } ?? text
    }

    /// `host:port`, with brackets where the host is an IPv6 address.
    static func target(_ host: String, _ port: UInt16) -> String {
        host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}
