/// The parts of an AMQP URL that the test kit needs.
struct BrokerAddress: Sendable, Hashable {
    /// As it was given.
    let url: String
    /// Without brackets.
    let host: String
    let port: Int
    let isTLS: Bool

    /// Scheme, user and password, up to the host.
    private let opening: Substring
    /// Host and port as they were given.
    private let authority: Substring
    /// Vhost and query, from their first slash or question mark.
    private let ending: Substring

    /// Takes a URL apart; `name` is what an error calls it, since the URL itself may hold a password.
    init(_ url: String, name: String = "the broker's address") throws(WarrenTestingError) {
        func refusal(_ reason: String) -> WarrenTestingError {
            WarrenTestingError(.invalidArgument, "\(name) is no AMQP URL: \(reason)")
        }
        let schemes = [("amqp://", 5672, false), ("amqps://", 5671, true)]
        guard let (scheme, defaultPort, isTLS) = schemes.first(where: { url.hasPrefix($0.0) }) else {
            throw refusal("it must begin with amqp:// or amqps://")
        }
        let rest = url.dropFirst(scheme.count)
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let start = rest[..<end].lastIndex(of: "@").map { rest.index(after: $0) } ?? rest.startIndex
        authority = rest[start..<end]
        guard !authority.isEmpty else { throw refusal("it names no host") }
        opening = url[..<start]
        ending = rest[end...]
        // A colon inside the brackets of an IPv6 address is not the port's.
        let portStart = authority.lastIndex(of: "]") ?? authority.startIndex
        let colon = authority[portStart...].lastIndex(of: ":")
        if let colon {
            guard let number = UInt16(authority[authority.index(after: colon)...]), number > 0 else {
                throw refusal("its port is no number from 1 to 65535")
            }
            port = Int(number)
        } else {
            port = defaultPort
        }
        host = String(authority[..<(colon ?? authority.endIndex)].filter { $0 != "[" && $0 != "]" })
        self.url = url
        self.isTLS = isTLS
    }

    /// The same broker with another vhost, percent-encoded.
    func url(vhost: String) -> String {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF")
        return vhost.utf8.reduce(into: "\(opening)\(authority)/") { url, byte in
            if unreserved.contains(byte) {
                url.unicodeScalars.append(UnicodeScalar(byte))
            } else {
                url += "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            }
        }
    }

    /// The same user and vhost at a port of this machine.
    func url(localPort: Int) -> String { "\(opening)127.0.0.1:\(localPort)\(ending)" }
}
